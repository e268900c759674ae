"""What a paper of ours says, read back out of the PDF: its glyphs, by the table that each font brings for readers."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)endobj", re.DOTALL)
# What stands between << and >> is said of the text, and none of it.
SHOWN = re.compile(rb"<<.*?>>|/(f\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\)", re.DOTALL)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """Page after page, without a line's end between two lines."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    return "".join(_page(body, objects) for body in objects.values() if b"/Type/Page/" in body)


def _page(page: bytes, objects: dict[int, bytes]) -> str:
    names = objects[_reference(page, b"Resources")]
    fonts = {name: _letters(objects[int(number)], objects) for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", names)}
    said, letters = [], dict[int, str]()
    for font, shown in SHOWN.findall(_stream(objects[_reference(page, b"Contents")])):
        if font:
            letters = fonts[font]
        elif shown:
            glyphs = _unescaped(shown)
            said += [letters[int.from_bytes(glyphs[at : at + 2])] for at in range(0, len(glyphs), 2)]
    return "".join(said)


def _letters(font: bytes, objects: dict[int, bytes]) -> dict[int, str]:
    """What each glyph of a font stands for."""
    table = _stream(objects[_reference(font, b"ToUnicode")])
    found: dict[int, str] = {}
    for kind, block in re.findall(rb"begin(bfchar|bfrange)(.*?)end", table, re.DOTALL):
        numbers = re.findall(rb"<([0-9a-fA-F]+)>", block)
        step = 2 if kind == b"bfchar" else 3
        for at in range(0, len(numbers), step):
            first, last, stands_for = int(numbers[at], 16), int(numbers[at + step - 2], 16), numbers[at + step - 1]
            letters = bytes.fromhex(stands_for.decode()).decode("utf-16-be")
            for glyph in range(first, last + 1):
                found[glyph] = letters[:-1] + chr(ord(letters[-1]) + glyph - first)
    return found


def _stream(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body[body.index(b"stream") + 6 :].lstrip(b"\r\n"))


def _reference(body: bytes, name: bytes) -> int:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert found, name
    return int(found[1])


def _unescaped(shown: bytes) -> bytes:
    def character(found: re.Match[bytes]) -> bytes:
        return bytes([int(found[1], 8)]) if found[1] else ESCAPES.get(found[2], found[2])

    return re.sub(rb"\\(?:([0-7]{1,3})|(.))", character, shown, flags=re.DOTALL)

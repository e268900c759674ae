"""What somebody sends as a certificate is a photograph or a PDF, or is refused with what to do instead."""

import io
import struct
import zlib

import pytest
from PIL import Image

from training_tracker.errors import Refused
from training_tracker.records.certificates import JPEG, LARGEST, LONGEST_SIDE, PDF, certificate

PAPER = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
ORIENTATION, MAKER, PLACE = 0x0112, 0x010F, 0x8825


def photograph(width: int = 60, height: int = 40, kind: str = "JPEG", **more: object) -> bytes:
    """Red on the left, white on the right."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste("red", (0, 0, width // 2, height))
    into = io.BytesIO()
    picture.save(into, kind, **more)
    return into.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_photograph_is_turned_upright_and_tells_neither_where_nor_with_what_it_was_taken() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "A telephone"
    exif.get_ifd(PLACE)[2] = (50.0, 42.0, 3.0)
    taken = photograph(exif=exif, comment=b"<script>alert(1)</script>")
    assert dict(opened(taken).getexif())
    kept = certificate(taken)
    assert kept.media_type == JPEG
    picture = opened(kept.content)
    assert picture.size == (40, 60), "turned by a quarter"
    red, green, _blue = picture.convert("RGB").getpixel((20, 5))  # type: ignore[misc]
    assert red > 200
    assert green < 80
    assert not dict(picture.getexif())
    assert b"telephone" not in kept.content
    assert b"script" not in kept.content


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_photograph_is_made_smaller(kind: str) -> None:
    picture = opened(certificate(photograph(5_000, 4_000, kind)).content)
    assert max(picture.size) == LONGEST_SIDE
    assert picture.size[0] / picture.size[1] == pytest.approx(1.25, abs=0.01)


def test_what_can_be_seen_through_is_white() -> None:
    into = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(into, "PNG")
    assert opened(certificate(into.getvalue()).content).getpixel((5, 5)) == (255, 255, 255)


def test_a_pdf_is_kept_as_it_came() -> None:
    kept = certificate(PAPER)
    assert (kept.media_type, kept.content) == (PDF, PAPER)


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 40,000 by 40,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def words_that_unpack_to_much() -> bytes:
    picture = io.BytesIO(photograph(kind="PNG")).getvalue()
    words = b"Comment\0\0" + zlib.compress(b"x" * 200_000_000)
    said = struct.pack(">I", len(words)) + b"zTXt" + words + struct.pack(">I", zlib.crc32(b"zTXt" + words))
    return picture[:33] + said + picture[33:]


GIF = io.BytesIO()
Image.new("RGB", (10, 10)).save(GIF, "GIF")

TRICKS = {
    "nothing": (b"", "The file is empty"),
    "a page that runs": (b"<html><script>alert(1)</script></html>", "This is neither a photograph nor a PDF"),
    "a drawing that runs": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "neither a photograph"),
    "a program": (b"MZ\x90\0" + b"\0" * 200, "neither a photograph"),
    "another kind of picture": (GIF.getvalue(), "neither a photograph"),
    "a picture's first bytes": (b"\xff\xd8\xff\xe0<script>alert(1)</script>", "not whole|neither a photograph"),
    "half a photograph": (photograph(600, 400)[:-2_000], "The picture is not whole"),
    "half a picture of a screen": (photograph(600, 400, "PNG")[:400], "The picture is not whole"),
    "a bomb": (bomb(), "not whole|too many pixels"),
    "words that unpack to much": (words_that_unpack_to_much(), "not whole"),
    "a wide one": (photograph(65_000, 1_000), "too many pixels"),
    "half a PDF": (b"%PDF-1.7 <script>alert(1)</script>", "The PDF is not whole"),
    "too large a PDF": (PAPER + b"\0" * LARGEST, "larger than 10 MB"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_anything_else_is_refused(trick: str) -> None:
    content, said = TRICKS[trick]
    with pytest.raises(Refused, match=said) as refused:
        certificate(content)
    assert refused.value.field == "file"

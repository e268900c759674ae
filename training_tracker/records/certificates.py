"""What somebody sends as a certificate, made harmless: a photograph is drawn anew, a PDF is known by its first bytes.

The name of a file and what a browser says it is are not looked at.
"""

import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from training_tracker.errors import Refused

LARGEST = 10 * 1024 * 1024
# What a telephone of today takes; a PNG, which is unpacked whole, is a picture of a screen.
MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 24_000_000}
# Of the longer side: a page of A4 that can be read, and printed.
LONGEST_SIDE = 2_400
QUALITY = 82
PDF, JPEG = "application/pdf", "image/jpeg"
ENDING = {PDF: "pdf", JPEG: "jpg"}

WHAT_WE_TAKE = "Choose a photograph (JPEG or PNG) or a PDF."
BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, struct.error, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is kept: a PDF as it came, or a picture of ours without anything that stood beside it."""

    media_type: str
    content: bytes


def certificate(content: bytes) -> Certificate:
    """Raises :class:`Refused` for what is too large, broken, or neither. Takes up to a second of a processor."""
    if not content:
        raise Refused("The file is empty", WHAT_WE_TAKE, "file")
    if len(content) > LARGEST:
        most = f"{LARGEST // 1024 // 1024} MB"
        raise Refused(f"The file is larger than {most}", "Choose a smaller one, such as a photograph of it.", "file")
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise Refused("The PDF is not whole", "Download it again, or choose a photograph of it.", "file")
        return Certificate(PDF, content)
    return Certificate(JPEG, _drawn_anew(content))


def _drawn_anew(content: bytes) -> bytes:
    """The picture alone, upright: where and with what it was taken is left out, and whatever else was in the file."""
    try:
        with warnings.catch_warnings():
            # Of its own limit, which is not ours.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=list(MOST_PIXELS))
        kind = "PNG" if picture.format == "PNG" else "JPEG"
        if picture.width * picture.height > MOST_PIXELS[kind]:
            raise Refused(
                "The picture has too many pixels", "Choose a smaller one, such as a photograph of it.", "file"
            )
        # A JPEG is unpacked no larger than it is needed.
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        drawn = Image.new("RGB", upright.size, "white")
        shown = upright.convert("RGBA")
        drawn.paste(shown, mask=shown.getchannel("A"))
        into = io.BytesIO()
        drawn.save(into, "JPEG", quality=QUALITY, optimize=True)
    except UnidentifiedImageError:
        raise Refused("This is neither a photograph nor a PDF", WHAT_WE_TAKE, "file") from None
    except BROKEN:
        raise Refused("The picture is not whole", "Take or save it again, and choose that.", "file") from None
    return into.getvalue()

"""Tables as files to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from litestar import Response

from training_tracker.intake.outcome import harmless


def csv_file(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[bytes]:
    """Cells that a spreadsheet would run as a formula are made harmless."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(headings)
    writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)
    # The mark at the front tells Excel that this is UTF-8.
    return as_file(name, stream.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


def as_file(name: str, content: bytes, media_type: str) -> Response[bytes]:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})

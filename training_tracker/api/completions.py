"""Completions that an agency's own system sends: the rows of docs/import.md, as CSV or as JSON."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, SerializationException
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import QueryParameter
from litestar.serialization import decode_json

from training_tracker.access.permissions import May
from training_tracker.access.tokens import Service
from training_tracker.api.errors import may_answer
from training_tracker.database import Database, wait_for_turn
from training_tracker.errors import Refused
from training_tracker.intake.completions import COLUMNS, import_completions
from training_tracker.intake.outcome import RefusedRow
from training_tracker.intake.tables import Table, table_of, table_of_rows
from training_tracker.web.dependencies import MAY

CSV, JSON = "text/csv", "application/json"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the ``rows``: ``accepted`` are in the record now, ``unchanged`` were known already.

    ``notes`` and ``ignored_columns`` tell what was read in another way than it may have been meant.
    """

    dry_run: bool
    rows: int
    accepted: int
    unchanged: int
    refused: list[RefusedRow]
    notes: list[str]
    ignored_columns: list[str]


CELL = Schema(type=[OpenAPIType.STRING, OpenAPIType.NUMBER, OpenAPIType.BOOLEAN, OpenAPIType.NULL])
ROWS = Schema(
    type=OpenAPIType.ARRAY,
    min_items=1,
    items=Schema(
        type=OpenAPIType.OBJECT,
        properties={
            column.name: Schema(type=CELL.type, description=column.note, examples=[column.examples[0]])
            for column in COLUMNS
        },
        additional_properties=CELL,
    ),
)


@dataclass
class Sending(Operation):
    """What is sent, as the document tells it: one address takes two kinds."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            description="The rows, in the layout of docs/import.md.",
            content={
                JSON: OpenAPIMediaType(schema=ROWS),
                CSV: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING)),
            },
            required=True,
        )


@post(
    "/completions",
    status_code=200,
    opt={MAY: May.SEND_COMPLETIONS},
    summary="Send completions",
    operation_class=Sending,
    response_description="What became of the rows",
    responses=may_answer(413, 415),
)
async def send_completions(
    request: Request[Any, Any, Any],
    service: NamedDependency[Service],
    database: NamedDependency[Database],
    today: NamedDependency[date],
    dry_run: Annotated[bool, QueryParameter(description="Say what would happen, and change nothing.")] = False,
) -> Taken:
    # Of a large file that takes long enough for others to wait for it.
    table = await asyncio.to_thread(_read, request.content_type[0], await request.body())
    async with database.rehearsing() if dry_run else database.writing() as session:
        await wait_for_turn(session, "imports")
        outcome = await import_completions(
            session, table, by=service.signature, today=today, agency=service.of, source="API", only_its_people=True
        )
    return Taken(
        dry_run=dry_run,
        rows=outcome.rows,
        accepted=outcome.accepted,
        unchanged=outcome.unchanged,
        refused=outcome.refused,
        notes=outcome.notes,
        ignored_columns=outcome.ignored_columns,
    )


def _read(kind: str, content: bytes) -> Table:
    if kind == CSV:
        return table_of(content, "What was sent", COLUMNS)
    if kind != JSON:
        raise ClientException(status_code=415)
    try:
        # Numbers as a spreadsheet has them.
        rows = decode_json(content, target_type=list[dict[str, str | float | bool | None]])
    except SerializationException as error:
        mend = "Send a list of objects, each with the columns of the layout and their text."
        raise Refused(f"What was sent is no list of rows ({error.detail})", mend) from None
    return table_of_rows(rows, COLUMNS)

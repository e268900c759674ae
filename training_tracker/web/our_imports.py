"""Bring in spreadsheets: an agency's lead sends a file, looks at what it would do, and only then lets it be done."""

import asyncio
from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.history import download_people
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.intake.models import Layout, Part, Stage
from training_tracker.intake.uploads import (
    LARGEST,
    REFUSED_KEPT,
    Options,
    Upload,
    confirm,
    drop,
    keep,
    largest_of,
    part,
    spreadsheet_for,
    spreadsheets_of,
    take_back,
)
from training_tracker.intake.working import rows_done, work_through
from training_tracker.people.listing import AgencyLine, agencies_of
from training_tracker.records.feeding import refuse_future_data
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.agency import our_agency
from training_tracker.web.dependencies import MAY, PageNumber, PathId
from training_tracker.web.downloads import XLSX, as_file
from training_tracker.web.rendering import page, plural, say

PAGE_SIZE = 25
# Somewhat more than the largest file, so that one that is too large is refused on its form.
LARGEST_FORM_WITH_A_FILE = 2 * LARGEST
# A small file is done while its sender waits; whoever sent a large one is shown how far it is.
SECONDS_TO_WAIT = 3
WHAT_WE_TAKE = "Choose an Excel workbook (.xlsx) or a CSV file."

LayoutInPath = Annotated[str, PathParameter(max_length=20)]
_AT_WORK: set["asyncio.Task[None]"] = set()


async def the_upload(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    ours: NamedDependency[AgencyLine],
    spreadsheet_id: PathId,
) -> Upload:
    async with database.reading() as session:
        return await spreadsheet_for(session, settings, actor, ours.id, spreadsheet_id)


class OurImports(Controller):
    path = "/agency/imports"
    opt = {MAY: May.SPREADSHEETS}
    dependencies = {"ours": Provide(our_agency)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            uploads, total = await spreadsheets_of(session, actor, ours.id, page=number, page_size=PAGE_SIZE)
            agencies = await agencies_of(session, actor.agencies)
        return page(
            request,
            "our_imports",
            actor,
            agency=ours,
            agencies=agencies,
            uploads=uploads,
            total=total,
            number=number,
            page_size=PAGE_SIZE,
        )

    @get("/new/{layout:str}")
    async def form(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        today: NamedDependency[date],
        layout: LayoutInPath,
    ) -> Template:
        return _form(request, settings, actor, ours, _layout(layout), forms.as_sent("as-at", today))

    @post("/new/{layout:str}", status_code=303, request_max_body_size=LARGEST_FORM_WITH_A_FILE)
    async def send(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        today: NamedDependency[date],
        layout: LayoutInPath,
    ) -> Template | Redirect:
        chosen = _layout(layout)
        sent = await forms.sent(request)
        try:
            options = _options(sent, chosen, today)
            name, content = await _file(request)
            async with database.writing() as session:
                number = await keep(session, settings, actor, ours.id, chosen, name, content, options)
        except Refused as refusal:
            return _form(request, settings, actor, ours, chosen, sent, refusal)
        await _begin(settings, number)
        return Redirect(_address(ours, number), status_code=303)


class OneImport(Controller):
    path = "/agency/imports/{spreadsheet_id:int}"
    opt = {MAY: May.SPREADSHEETS}
    dependencies = {"ours": Provide(our_agency), "upload": Provide(the_upload)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        upload: NamedDependency[Upload],
    ) -> Template:
        names = {
            Stage.LOOKED_AT: "import_look",
            Stage.UNREADABLE: "import_unreadable",
            Stage.DONE: "import_done",
            Stage.TAKEN_BACK: "import_done",
        }
        done, of = rows_done(upload.row)
        return page(
            request,
            names.get(upload.row.stage, "import_working"),
            actor,
            agency=ours,
            upload=upload,
            told=upload.told,
            done=done,
            of=of,
            own=upload.row.practitioner_id == actor.practitioner_id,
        )

    @get("/refused")
    async def refused(
        self,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        upload: NamedDependency[Upload],
    ) -> Response[bytes]:
        """The refused rows, to be mended and sent again; the name is ours, since theirs may name somebody."""
        async with database.reading() as session:
            content = await part(session, settings, upload.row.id, Part.REFUSED)
        if content is None:
            raise NotFound(f"refused rows of spreadsheet {upload.row.id}")
        if upload.row.practitioner_id != actor.practitioner_id:
            await download_people(database, [ours.id])
        workbook = content.startswith(b"PK")
        name = f"{upload.row.layout}-to-mend-{upload.row.id}.{'xlsx' if workbook else 'csv'}"
        return as_file(name, content, XLSX if workbook else "text/csv; charset=utf-8")

    @post("/confirmation", status_code=303)
    async def confirm(
        self,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        upload: NamedDependency[Upload],
        data: URLEncodedBody[dict[str, str]],
    ) -> Redirect:
        """A second click finds it confirmed, and one on an older look another look: its page tells either."""
        _refuse_others(upload, actor)
        async with database.writing() as session:
            confirmed = await confirm(session, upload, data.get("seen", ""))
        if confirmed:
            await _begin(settings, upload.row.id)
        return Redirect(_address(ours, upload.row.id), status_code=303)

    @post("/removal", status_code=303)
    async def remove(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        upload: NamedDependency[Upload],
    ) -> Redirect:
        _refuse_others(upload, actor)
        async with database.writing() as session:
            removed = await drop(session, upload)
        if not removed:
            return Redirect(_address(ours, upload.row.id), status_code=303)
        say(request, "The file is removed. Nothing of it was brought in.")
        return Redirect(f"/agency/imports?agency={ours.id}", status_code=303)

    @get("/withdrawal")
    async def withdrawal(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        upload: NamedDependency[Upload],
    ) -> Template:
        if upload.fresh_until is None:
            raise NotFound(f"spreadsheet {upload.row.id} to take back")
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take back {plural(upload.told.accepted, 'completion')}?",
            consequence="All that this spreadsheet brought stays in people’s records as taken back, and counts for"
            " nothing from then on. What was in the record before it is as it was. The same file, or a mended one, can"
            " be sent again.",
            back=_address(ours, upload.row.id),
            back_to="What was brought in",
        )

    @post("/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        today: NamedDependency[date],
        upload: NamedDependency[Upload],
    ) -> Redirect:
        if upload.row.stage is not Stage.TAKEN_BACK:
            async with database.writing() as session:
                many = await take_back(session, upload, by=actor.signature, today=today)
            say(request, f"{plural(many, 'completion is', 'completions are')} taken back and count for nothing now.")
        return Redirect(_address(ours, upload.row.id), status_code=303)


def _layout(text: str) -> Layout:
    if text not in list(Layout):
        raise NotFound(f"layout {text}")
    return Layout(text)


def _address(ours: AgencyLine, number: int) -> str:
    return f"/agency/imports/{number}?agency={ours.id}"


def _refuse_others(upload: Upload, actor: Actor) -> None:
    """What somebody else has sent is theirs to decide about."""
    if upload.row.practitioner_id != actor.practitioner_id:
        raise NotFound(f"spreadsheet {upload.row.id} of somebody else")


def _options(sent: forms.Sent, layout: Layout, today: date) -> Options:
    if layout is Layout.PEOPLE:
        return Options(create="create" in sent)
    as_at = forms.day(sent, "as-at", "The last day")
    try:
        refuse_future_data(as_at, today)
    except Refused as refusal:
        raise Refused(refusal.problem, refusal.mend, "as-at") from None
    return Options(as_at=as_at)


async def _file(request: Request[Any, Any, Any]) -> tuple[str, bytes]:
    """What was chosen. Its name is shown to whoever chose it, and says how the rows to mend are handed back."""
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile):
        raise Refused("Nothing is chosen", WHAT_WE_TAKE, "file")
    try:
        content = await file.read()
    finally:
        await file.close()
    name = "".join(letter for letter in file.filename.replace("\\", "/").split("/")[-1] if letter.isprintable())
    return name[-120:] or "spreadsheet", content


async def _begin(settings: Settings, number: int) -> None:
    """Have it worked on, and wait a little. Should this process die, another takes it up."""
    task = asyncio.create_task(work_through(settings, number))
    _AT_WORK.add(task)
    task.add_done_callback(_AT_WORK.discard)
    await asyncio.wait({task}, timeout=SECONDS_TO_WAIT)


def _form(
    request: Request[Any, Any, Any],
    settings: Settings,
    actor: Actor,
    ours: AgencyLine,
    layout: Layout,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    return page(
        request,
        "import_new",
        actor,
        status=422 if refusal else 200,
        agency=ours,
        layout=layout,
        sent=sent,
        largest=largest_of(settings),
        kept_days=REFUSED_KEPT.days,
        problems=forms.problems(refusal),
    )

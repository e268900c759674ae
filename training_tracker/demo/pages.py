"""What only the demo has: signing in by choosing a person, and a mailbox that shows every e-mail as it was sent."""

from datetime import date
from typing import Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.access.sessions import begin
from training_tracker.database import Database
from training_tracker.demo.examples import EXAMPLES
from training_tracker.demo.guests import guests, search
from training_tracker.demo.mailbox import letter, letters
from training_tracker.errors import NotFound
from training_tracker.people.listing import AgencyLine
from training_tracker.settings import Settings
from training_tracker.web.agency import our_agency
from training_tracker.web.dependencies import MAY, SIGNED_IN, PageNumber, visitor
from training_tracker.web.downloads import as_file
from training_tracker.web.rendering import OF_A_LETTER, page
from training_tracker.web.signing_in import own_path

PAGE_SIZE = 50


def demo_pages() -> list[ControllerRouterHandler]:
    return [Choosing, Mailbox, example_file]


class Choosing(Controller):
    path = "/sign-in"
    opt = {MAY: May.ANYTHING_OPEN}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        today: NamedDependency[date],
        name: FromQuery[str] = "",
        next: FromQuery[str] = "",  # noqa: A002  # the name that addresses of sign-in pages give it
    ) -> Template:
        async with unconfined.reading() as session:
            invited = await guests(session, today)
            found = await search(session, name[:100], today) if name.strip() else []
        return page(request, "choose", None, guests=invited, found=found, name=name[:100], next=own_path(next))

    @post(status_code=303)
    async def choose(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Redirect:
        chosen = data.get("practitioner", "")
        async with unconfined.writing() as session:
            token = await begin(session, settings, int(chosen) if chosen.isdecimal() and len(chosen) < 10 else 0, today)
        request.clear_session()
        request.set_session({SIGNED_IN: token})
        return Redirect(own_path(data.get("next", "")), status_code=303)


@get("/examples/{layout:str}", opt={MAY: May.SPREADSHEETS}, dependencies={"ours": Provide(our_agency)})
async def example_file(
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    ours: NamedDependency[AgencyLine],
    today: NamedDependency[date],
    layout: FromPath[str],
) -> Response[bytes]:
    """A spreadsheet to try with, of whoever leads an agency."""
    if layout not in EXAMPLES:
        raise NotFound(f"example {layout}")
    async with database.reading() as session:
        content = await EXAMPLES[layout](session, ours.id, actor.practitioner_id, today)
    return as_file(layout, content, "text/csv; charset=utf-8")


class Mailbox(Controller):
    path = "/mailbox"
    opt = {MAY: May.ANYTHING_OPEN}
    dependencies = {"visitor": Provide(visitor)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        visitor: NamedDependency[Actor | None],
        number: PageNumber = 1,
    ) -> Template:
        found, total = letters(settings.demo_mailbox, page=number, page_size=PAGE_SIZE)
        return page(request, "mailbox", visitor, letters=found, total=total, number=number, page_size=PAGE_SIZE)

    @get("/{key:str}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        visitor: NamedDependency[Actor | None],
        key: FromPath[str],
    ) -> Template:
        return page(request, "letter", visitor, letter=letter(settings.demo_mailbox, key))

    @get("/{key:str}/html", media_type=MediaType.HTML)
    async def as_html(self, settings: NamedDependency[Settings], key: FromPath[str]) -> Response[str]:
        # Links open in the whole window, as they would from a mail program.
        html = letter(settings.demo_mailbox, key).html.replace("<head>", '<head><base target="_top">', 1)
        return Response(html, media_type=MediaType.HTML, headers=OF_A_LETTER)

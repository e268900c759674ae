"""My training passport: made, shown once, taken back; and checked by whoever has its code, without signing in."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import segno
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template
from markupsafe import Markup

from training_tracker.access.actor import Actor
from training_tracker.access.passports import (
    DAYS,
    GROUP,
    LENGTH,
    Entry,
    Seen,
    look_up,
    make_passport,
    own_passport,
    passports_of,
    present_posts,
    take_back_passport,
    to_show,
)
from training_tracker.access.permissions import May
from training_tracker.calendar import LONDON, in_words, now
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.pdf import pdf
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId, network_of
from training_tracker.web.downloads import as_file
from training_tracker.web.rendering import moment, page, say

LONGEST_LOOKER = 100
# Under this name the browser's cookie, which nobody else can read, brings a new code to the page that shows it.
MADE = "passport"
# As it is typed, with what somebody puts between the groups.
Code = Annotated[str, QueryParameter(max_length=100)]


class MyPassports(Controller):
    path = "/me/passport"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
    ) -> Template:
        """With the code of the one that has just been made, this once."""
        if made := request.session.pop(MADE, None):
            return _made(request, settings, actor, made)
        return await _form(request, database, actor, today, None)

    @post(status_code=303)
    async def make(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        chosen = {name.removeprefix("shown-") for name in data if name.startswith("shown-")}
        days = data.get("days", "")
        try:
            async with database.writing() as session:
                code, entries = await make_passport(
                    *(session, settings, actor.practitioner_id, chosen),
                    days=int(days) if days.isdecimal() and len(days) < 4 else 0,
                    today=today,
                )
        except Refused as refusal:
            return await _form(request, database, actor, today, data, refusal)
        request.session[MADE] = {"code": code, "entries": len(entries), "days": int(days)}
        return Redirect("/me/passport", status_code=303)

    @post("/paper", status_code=200)
    async def paper(
        self,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Response[bytes]:
        """The passport as a paper, for whoever still has its code before them."""
        code = data.get("code", "")[:100]
        async with database.reading() as session:
            found = await own_passport(session, settings, actor.practitioner_id, code, today)
        return await _paper(settings, found, today, code)

    @get("/{passport_id:int}/withdrawal")
    async def withdrawal(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        passport_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            mine = await passports_of(session, actor.practitioner_id)
        one = next((line for line in mine if line.id == passport_id and line.stands(today)), None)
        if one is None:
            raise NotFound(f"passport {passport_id} to take back")
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take back the passport that you made on {in_words(one.made_at.astimezone(LONDON).date())}?",
            consequence="Whoever has its code reads nothing with it from now on. You can make another one.",
            back="/me/passport",
            back_to="Training passport",
        )

    @post("/{passport_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        passport_id: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            await take_back_passport(session, actor.practitioner_id, passport_id)
        say(request, "Taken back: nobody reads anything with the code of that passport any more.")
        return Redirect("/me/passport", status_code=303)


@get("/me/record.pdf", opt={MAY: May.OWN_RECORD})
async def record_as_paper(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    today: NamedDependency[date],
) -> Response[bytes]:
    """What stands in one's record, without a code: whoever gets it takes one's word."""
    async with database.reading() as session:
        entries = await to_show(session, actor.practitioner_id)
        posts = await present_posts(session, actor.practitioner_id, today)
    return await _paper(settings, Seen(actor.name, now(), today, entries, posts), today)


class CheckingPassports(Controller):
    path = "/passport"
    opt = {MAY: May.ANYTHING_OPEN}

    @get()
    async def form(self, request: Request[Any, Any, Any], code: Code = "") -> Template:
        """Safe to follow: mail gateways do, and nobody has looked yet. The button looks."""
        return _checking(request, {"code": code})

    @post(status_code=200)
    async def look(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template:
        try:
            looker = forms.text(data, "looker", longest=LONGEST_LOOKER)
            async with unconfined.writing() as session:
                found = await look_up(session, settings, data.get("code", "")[:100], network_of(request), looker, today)
        except Refused as refusal:
            found = refusal
        if isinstance(found, Refused):
            return _checking(request, data, found)
        return page(request, "passport", None, seen=found, now=now())


def _checking(request: Request[Any, Any, Any], sent: forms.Sent, refusal: Refused | None = None) -> Template:
    return page(
        request,
        "passport_check",
        None,
        status=422 if refusal else 200,
        sent=sent,
        groups=LENGTH // GROUP,
        group=GROUP,
        problems=forms.problems(refusal, "code"),
    )


def _made(request: Request[Any, Any, Any], settings: Settings, actor: Actor, made: dict[str, Any]) -> Template:
    address = _address(settings, made["code"])
    drawn = segno.make(address, error="m", micro=False).svg_inline(omitsize=True, light="#fff", svgclass=None)
    qr = Markup(drawn)  # noqa: S704  # drawn here
    return page(request, "passport_made", actor, address=address, qr=qr, **made)


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    sent: forms.Sent | None,
    refusal: Refused | None = None,
) -> Template:
    """All of it is ticked at first; a refusal keeps what was."""
    async with database.reading() as session:
        entries = await to_show(session, actor.practitioner_id)
        mine = await passports_of(session, actor.practitioner_id)
    return page(
        request,
        "my_passport",
        actor,
        status=422 if refusal else 200,
        entries=entries,
        passports=mine,
        periods=DAYS,
        sent=sent if sent is not None else {f"shown-{entry.key}": "yes" for entry in entries} | {"days": "30"},
        today=today,
        problems=forms.problems(refusal, "shown"),
    )


async def _paper(settings: Settings, shown: Seen, today: date, code: str = "") -> Response[bytes]:
    """Without a code it says that it is the person's own."""
    address = _address(settings, code) if code else ""
    content = {
        "title": f"{'Training passport' if code else 'Training record'} of {shown.name}",
        "made": f"As at {moment(shown.made_at, settings.zone)}",
        "posts": shown.posts,
        "rows": [_row(entry) for entry in shown.entries],
        "code": code,
        "where": f"{settings.base_url.rstrip('/')}/passport",
        "address": address,
        "until": in_words(shown.ends_on),
        "qr": segno.make(address, error="m", micro=False).svg_inline(light="#fff", scale=4) if code else "",
    }
    name = "training-passport" if code else "training-record"
    return as_file(f"{name}-{today}.pdf", await pdf("passport", content), "application/pdf")


def _row(entry: Entry) -> Sequence[str]:
    return [
        entry.title,
        str(entry.days),
        entry.strength.words + (", disputed" if entry.disputed and not entry.gone_on else ""),
    ]


def _address(settings: Settings, code: str) -> str:
    return f"{settings.base_url.rstrip('/')}/passport?code={code}"

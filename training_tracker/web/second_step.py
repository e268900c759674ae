"""The second step of signing in: an app is set up for it once, and asked for a code each time; and what one changes
about it later."""

from typing import Any

import segno
import structlog
from litestar import Controller, Request, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency, Provide
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from markupsafe import Markup

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.access.second_step import (
    as_address,
    new_key,
    new_recovery_codes,
    second_step_of,
    set_up,
    take,
)
from training_tracker.access.sessions import go_all_the_way
from training_tracker.access.telling import (
    APP_SET_UP,
    NEW_RECOVERY_CODES,
    OTHER_APP_SET_UP,
    RECOVERY_CODE_USED,
    tell_of_change,
)
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.dependencies import HALF_WAY, MAY, SIGNED_IN, network_of
from training_tracker.web.rendering import page, say
from training_tracker.web.signing_in import Path, own_path

log = structlog.get_logger()

# Under this name the browser's cookie, which only we can read, keeps the key that it shows until a code of it has come.
NEW_KEY = "new_key"
LONGEST_CODE = 40


def is_half_way(request: Request[Any, Any, Any]) -> bool:
    """Whether whoever asks has still to take the second step."""
    half_way: bool = request.scope["state"][HALF_WAY]
    return half_way


class SecondStepAtSignIn(Controller):
    path = "/sign-in/second-step"
    opt = {MAY: May.SECOND_STEP, HALF_WAY: True}
    dependencies = {"half_way": Provide(is_half_way, sync_to_thread=False)}

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        half_way: NamedDependency[bool],
        next: Path = "",  # noqa: A002  # the name that addresses of sign-in pages give it
    ) -> Template | Redirect:
        if not half_way:
            return Redirect(own_path(next))
        async with database.reading() as session:
            there = await second_step_of(session, actor.practitioner_id)
        return _asked(request, own_path(next)) if there else _at_sign_in(request, actor, own_path(next))

    @post(status_code=303)
    async def code(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        half_way: NamedDependency[bool],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        where = own_path(data.get("next", ""))
        if not half_way:
            return Redirect(where, status_code=303)
        async with database.writing() as session:
            taken = await take(session, settings, actor.practitioner_id, _code(data), network_of(request))
            if not isinstance(taken, Refused):
                token = await go_all_the_way(session, settings, request.session[SIGNED_IN])
        if isinstance(taken, Refused):
            _note(request, actor)
            return _asked(request, where, taken)
        _goes_on(request, token)
        if not taken:
            return Redirect(where, status_code=303)
        say(request, "You used a recovery code, which is good no more. If your app is lost, set up another one here.")
        told = _telling(unconfined, settings, actor, RECOVERY_CODE_USED)
        return Redirect("/me/sign-in", status_code=303, background=told)

    @post("/app", status_code=200)
    async def app(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        half_way: NamedDependency[bool],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        where, key = own_path(data.get("next", "")), request.session.get(NEW_KEY)
        if not half_way or not key:
            return Redirect(where, status_code=303)
        try:
            async with database.writing() as session:
                codes = await set_up(session, settings, actor.practitioner_id, key, _code(data), anew=False)
                token = await go_all_the_way(session, settings, request.session[SIGNED_IN])
        except Refused as refusal:
            return _at_sign_in(request, actor, where, refusal)
        _goes_on(request, token)
        return _codes(request, actor, codes, where, _telling(unconfined, settings, actor, APP_SET_UP))


class MySignIn(Controller):
    """Somebody changes their app or their recovery codes, with a fresh code of the one or the other."""

    path = "/me/sign-in"
    opt = {MAY: May.SECOND_STEP}

    @get()
    async def show(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Template:
        return await _mine(request, database, actor)

    @post(status_code=200)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template:
        wants_codes, codes = data.get("what") == "codes", []
        async with database.writing() as session:
            taken = await take(session, settings, actor.practitioner_id, _code(data), network_of(request))
            if wants_codes and not isinstance(taken, Refused):
                codes = await new_recovery_codes(session, settings, actor.practitioner_id)
        if isinstance(taken, Refused):
            _note(request, actor)
            return await _mine(request, database, actor, taken)
        if wants_codes:
            told = _telling(unconfined, settings, actor, NEW_RECOVERY_CODES)
            return _codes(request, actor, codes, "/me/sign-in", told)
        request.session[NEW_KEY] = new_key()
        return _anew(request, actor)

    @post("/app", status_code=200)
    async def app(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        key = request.session.get(NEW_KEY)
        if not key:
            return Redirect("/me/sign-in", status_code=303)
        try:
            async with database.writing() as session:
                codes = await set_up(session, settings, actor.practitioner_id, key, _code(data), anew=True)
                token = await go_all_the_way(session, settings, request.session[SIGNED_IN])
        except Refused as refusal:
            return _anew(request, actor, refusal)
        _goes_on(request, token)
        return _codes(request, actor, codes, "/me/sign-in", _telling(unconfined, settings, actor, OTHER_APP_SET_UP))


def _telling(unconfined: Database, settings: Settings, actor: Actor, what: str) -> BackgroundTask:
    return BackgroundTask(tell_of_change, unconfined, settings, actor.email, actor.name, what)


def _codes(
    request: Request[Any, Any, Any], actor: Actor, codes: list[str], where: str, told: BackgroundTask
) -> Template:
    shown = page(request, "recovery_codes", actor, codes=codes, next=where)
    shown.background = told
    return shown


def _goes_on(request: Request[Any, Any, Any], token: str) -> None:
    request.session[SIGNED_IN] = token
    request.session.pop(NEW_KEY, None)


def _code(data: forms.Sent) -> str:
    return data.get("code", "")[:LONGEST_CODE]


def _note(request: Request[Any, Any, Any], actor: Actor) -> None:
    log.warning("second_step.refused", practitioner=actor.practitioner_id, network=network_of(request))


def _asked(request: Request[Any, Any, Any], where: str, refusal: Refused | None = None) -> Template:
    problems = forms.problems(refusal)
    return page(request, "second_step", None, status=422 if refusal else 200, next=where, problems=problems)


def _at_sign_in(request: Request[Any, Any, Any], actor: Actor, where: str, refusal: Refused | None = None) -> Template:
    key = request.session[NEW_KEY] = request.session.get(NEW_KEY) or new_key()
    return _app(request, None, as_address(key, actor), key, where, refusal)


def _anew(request: Request[Any, Any, Any], actor: Actor, refusal: Refused | None = None) -> Template:
    key = request.session[NEW_KEY]
    return _app(request, actor, as_address(key, actor), key, "", refusal)


def _app(
    request: Request[Any, Any, Any], shown_to: Actor | None, address: str, key: str, where: str, refusal: Refused | None
) -> Template:
    """The key, to be read by an app and to be typed; ``shown_to`` is nobody yet in the middle of signing in."""
    svg = segno.make(address, error="m", micro=False).svg_inline(omitsize=True, light="#fff", svgclass=None)
    return page(
        request,
        "second_step_app",
        shown_to,
        status=422 if refusal else 200,
        address=address,
        code=Markup(svg),  # noqa: S704  # drawn here
        key=" ".join(key[start : start + 4] for start in range(0, len(key), 4)),
        next=where,
        problems=forms.problems(refusal),
    )


async def _mine(
    request: Request[Any, Any, Any], database: Database, actor: Actor, refusal: Refused | None = None
) -> Template:
    async with database.reading() as session:
        there = await second_step_of(session, actor.practitioner_id)
    return page(
        request,
        "my_sign_in",
        actor,
        status=422 if refusal else 200,
        second_step=there,
        problems=forms.problems(refusal),
    )

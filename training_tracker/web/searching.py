"""Search: the words come in a form and never in an address, since they may be somebody's name."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.access.searching import SHOWN, search
from training_tracker.database import Database
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import page

# Under this name the browser's own cookie, which only we can read, keeps what was looked for.
LOOKED_FOR = "looked_for"


class Search(Controller):
    path = "/search"
    opt = {MAY: May.SIGNED_IN}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
    ) -> Template:
        """What was looked for last is found anew, so that going back from what was found leads here again."""
        words = request.session.get(LOOKED_FOR, "")
        found = None
        if words:
            async with database.reading() as session:
                found = await search(session, actor, words, today)
        return page(request, "search", actor, words=words, found=found, shown=SHOWN)

    @post(status_code=303)
    async def look(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        words = forms.looked_for(data, "words")
        if not words:
            problems = {"words": "Write what you look for: part of a name is enough"}
            return page(request, "search", actor, status=422, words="", found=None, problems=problems)
        request.session[LOOKED_FOR] = words
        return Redirect("/search", status_code=303)

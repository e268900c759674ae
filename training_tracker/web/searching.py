"""Search: the words come in a form and never in an address, since they may be somebody's name."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.access.searching import SHOWN, search
from training_tracker.database import Database
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import page


class Search(Controller):
    path = "/search"
    opt = {MAY: May.SIGNED_IN}

    @get()
    async def form(self, request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Template:
        return page(request, "search", actor, words="", found=None)

    @post(status_code=200)
    async def results(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template:
        words = forms.looked_for(data, "words")
        if not words:
            problems = {"words": "Write what you look for: part of a name is enough"}
            return page(request, "search", actor, status=422, words="", found=None, problems=problems)
        async with database.reading() as session:
            found = await search(session, actor, words, today)
        return page(request, "search", actor, words=words, found=found, shown=SHOWN)

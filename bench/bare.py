"""The plain reference for pages: a bare handler that renders the same template from constants, and nothing else."""

import os
from typing import Any

from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.response import Template

from bench.world import TODAY
from training_tracker.access.actor import actor_of
from training_tracker.records.reading import record_of
from training_tracker.settings import Settings
from training_tracker.standing.explanation import explain
from training_tracker.standing.refreshing import connect
from training_tracker.web.me import arranged
from training_tracker.web.rendering import templates

# Whose page it is, for the process that serves it.
WHOSE = "BENCH_PRACTITIONER"


@get("/me")
async def me(request: Request[Any, Any, State]) -> Template:
    return Template("pages/me.html", context=request.app.state.context)


def create_app() -> Litestar:
    settings = Settings(_env_file=None)

    async def read_once(app: Litestar) -> None:
        database = connect(settings)
        async with database.reading() as session:
            actor = await actor_of(session, int(os.environ[WHOSE]), TODAY)
            training = arranged(await explain(session, actor.practitioner_id, TODAY, today=TODAY))
            record = await record_of(session, actor.practitioner_id, actor.signature, page_size=5)
        await database.close()
        frame = {"actor": actor, "path": "/me", "said": None}
        app.state.context = frame | {"training": training, "record": record, "today": TODAY}

    return Litestar([me], on_startup=[read_once], template_config=templates(settings), openapi_config=None)

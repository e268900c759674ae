"""Certificates: attached to what somebody has recorded themselves, and read by whoever may confirm it."""

import asyncio
from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, visible_posts
from training_tracker.access.history import look_at
from training_tracker.access.permissions import May
from training_tracker.access.sharing import person_who_shows
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.records.certificates import ENDING, JPEG, LARGEST, Certificate, certificate
from training_tracker.records.disputes import newest_of_fact
from training_tracker.records.evidencing import Attached, attach, evidence_about, evidence_of, remove_evidence
from training_tracker.records.models import Completion, Evidence
from training_tracker.records.reading import RecordLine, line_of
from training_tracker.standing.confirming import waiting
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say

# Somewhat more than the largest certificate, so that one that is too large is refused on its form, with what was typed.
LARGEST_FORM_WITH_A_FILE = LARGEST + 6 * 1024 * 1024
# So many pictures are drawn anew at a time: each takes a processor, and memory.
DRAWING = asyncio.Semaphore(2)
# A file that somebody else sent: nothing in it runs, and nothing is asked of anywhere.
OF_A_FILE = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}


async def sent_certificate(request: Request[Any, Any, Any]) -> Certificate | None:
    """What was chosen as the form's file; None where nothing was. Raises :class:`Refused` for what is not taken."""
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile):
        return None
    try:
        content = await file.read()
    finally:
        await file.close()
    async with DRAWING:
        return await asyncio.to_thread(certificate, content)


def as_certificate(attached: Attached) -> Response[bytes]:
    """A picture is shown, a PDF is for the reader's own program; the name is ours."""
    kept = attached.certificate
    name = f"certificate-{attached.completion.completed_on}.{ENDING[kept.media_type]}"
    disposition = f'{"inline" if kept.media_type == JPEG else "attachment"}; filename="{name}"'
    return Response(kept.content, media_type=kept.media_type, headers=OF_A_FILE | {"Content-Disposition": disposition})


class MyCertificates(Controller):
    path = "/me/completions/{completion_id:int}/certificate"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Template:
        return await _page(request, database, actor, completion_id)

    @get("/file")
    async def file(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], completion_id: PathId
    ) -> Response[bytes]:
        async with database.reading() as session:
            completion = await newest_of_fact(session, actor.practitioner_id, completion_id)
            return as_certificate(await evidence_of(session, completion.id))

    @post(status_code=303, request_max_body_size=LARGEST_FORM_WITH_A_FILE)
    async def attach(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Template | Redirect:
        try:
            sent = await sent_certificate(request)
            if sent is None:
                raise Refused("Nothing is chosen", "Choose a photograph or a PDF.", "file")
            async with database.writing() as session:
                _completion, line, _ = await _own(session, actor, completion_id)
                _refuse_others(line)
                await attach(session, _completion.fact, sent)
        except Refused as refusal:
            return await _page(request, database, actor, completion_id, refusal)
        say(request, f"Attached to “{line.title}”. Whoever may confirm it can read it.")
        return Redirect("/me/record", status_code=303)

    @get("/withdrawal")
    async def withdrawal(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            _completion, line, attached = await _own(session, actor, completion_id)
        if attached is None or not line.own or line.void_reason is not None:
            raise NotFound(f"certificate of completion {completion_id} to take away")
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take the certificate away from “{line.title}”?",
            consequence="The file is deleted. What you recorded stays as it is, and you can attach another one.",
            button="Take it away",
            back=f"/me/completions/{completion_id}/certificate",
            back_to="Certificate",
        )

    @post("/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Template | Redirect:
        try:
            async with database.writing() as session:
                completion, line, _ = await _own(session, actor, completion_id)
                _refuse_others(line)
                await remove_evidence(session, completion.fact)
        except Refused as refusal:
            return await _page(request, database, actor, completion_id, refusal)
        say(request, f"The certificate of “{line.title}” is deleted.")
        return Redirect("/me/record", status_code=303)


class TheirCertificates(Controller):
    """What others attached, for whoever may confirm it, and whoever they let read all of their record."""

    path = "/team"
    opt = {MAY: May.PEOPLE}

    @get("/waiting/{completion_id:int}/certificate")
    async def to_confirm(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        completion_id: PathId,
    ) -> Response[bytes]:
        """Raises :class:`NotFound` once it is confirmed: the fact and its day are the agency's, the certificate not."""
        async with database.reading() as session:
            found = await waiting(
                session, today, visible_posts(actor), but=actor.practitioner_id, only={completion_id}, page_size=1
            )
            if not found.lines:
                raise NotFound(f"completion {completion_id} to confirm")
            attached = await evidence_of(session, completion_id)
        await look_at(database, actor, attached.completion.practitioner_id)
        return as_certificate(attached)

    @get("/people/{practitioner_id:int}/record/{completion_id:int}/certificate")
    async def shown(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        practitioner_id: PathId,
        completion_id: PathId,
    ) -> Response[bytes]:
        async with database.reading() as session:
            person = await person_who_shows(session, actor, practitioner_id)
            completion = await newest_of_fact(session, person.id, completion_id)
            attached = await evidence_of(session, completion.id)
        await look_at(database, actor, person.id)
        return as_certificate(attached)


async def _own(
    session: AsyncSession, actor: Actor, completion_id: int
) -> tuple[Completion, RecordLine, Evidence | None]:
    completion = await newest_of_fact(session, actor.practitioner_id, completion_id)
    line = await line_of(session, completion, actor.signature)
    return completion, line, await evidence_about(session, completion.fact)


def _refuse_others(line: RecordLine) -> None:
    if not line.own:
        raise Refused("This is not your own word alone", "Its certificate stays as it is.", "file")


async def _page(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    completion_id: int,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        _completion, line, attached = await _own(session, actor, completion_id)
    return page(
        request,
        "certificate",
        actor,
        status=422 if refusal else 200,
        line=line,
        attached=attached,
        picture=attached is not None and attached.media_type == JPEG,
        largest=LARGEST,
        problems=forms.problems(refusal, "file"),
    )

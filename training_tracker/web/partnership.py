"""The partnership: the uptake of every named agency, as aggregates only, with small numbers suppressed."""

from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.people.listing import partnerships_of
from training_tracker.people.models import Partnership
from training_tracker.settings import Settings
from training_tracker.uptake.coverage import coverage_in_words
from training_tracker.uptake.freshness import freshness
from training_tracker.uptake.publishing import published_table
from training_tracker.uptake.region import agencies_in
from training_tracker.uptake.suppression import MONTHS_COMPARED, REMAINDER, PublishedCell
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber
from training_tracker.web.downloads import csv_file
from training_tracker.web.rendering import page

# Lines about settings on one page.
PAGE_SIZE = 50


class ThePartnership(Controller):
    path = "/partnership"
    opt = {MAY: May.PARTNERSHIP}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        partnership: ChosenId = 0,
        number: PageNumber = 1,
    ) -> Template:
        threshold = settings.suppression_threshold
        async with database.reading() as session:
            partnerships = await partnerships_of(session, actor.partnerships_seen)
            chosen = _chosen(partnerships, partnership)
            table = await published_table(session, chosen.id, today)
            agencies = await agencies_in(session, [chosen.id])
        # Worked out from the rows of all these agencies.
        async with unconfined.reading() as session:
            sent = await freshness(session, today, set(agencies.values()))
            covered = await coverage_in_words(session, today, today=today, threshold=threshold, agencies=agencies)
        return page(
            request,
            "partnership",
            actor,
            partnership=chosen,
            partnerships=partnerships,
            agencies=agencies,
            table=table,
            months_compared=MONTHS_COMPARED,
            coverage=covered[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
            coverage_total=len(covered),
            number=number,
            page_size=PAGE_SIZE,
            threshold=threshold,
            freshness=sent,
            today=today,
        )

    @get("/coverage.csv")
    async def export_coverage(
        self,
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        partnership: ChosenId = 0,
    ) -> Response[bytes]:
        threshold = settings.suppression_threshold
        async with unconfined.reading() as session:
            chosen = _chosen(await partnerships_of(session, actor.partnerships_seen), partnership)
            agencies = await agencies_in(session, [chosen.id])
            lines = await coverage_in_words(session, today, today=today, threshold=threshold, agencies=agencies)
        rows = [[line.agency, line.expectation, line.title, line.enough or "suppressed", today] for line in lines]
        headings = ["agency", "expectation", "title", "enough people", "as at"]
        return csv_file(f"partnership-coverage-{today}.csv", headings, rows)

    @get("/uptake.csv")
    async def export(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        partnership: ChosenId = 0,
    ) -> Response[bytes]:
        async with database.reading() as session:
            chosen = _chosen(await partnerships_of(session, actor.partnerships_seen), partnership)
            table = await published_table(session, chosen.id, today)
        rows: list[list[object]] = [
            [
                f"{agency}: {', '.join(table.merged)}" if agency == REMAINDER else agency,
                code,
                title,
                cell.target_percent,
                *_shown(cell),
                cell.as_at,
            ]
            for agency, code, title, cell in table.cells
        ]
        headings = ["agency", "expectation", "title", "target percent", "percent", "met", "measured", "as at"]
        return csv_file(f"partnership-uptake-{today}.csv", headings, rows)


def _chosen(seen: list[Partnership], partnership_id: int) -> Partnership:
    """The partnership asked for, among those whose figures the person reads; their first one if none is asked for."""
    found = next((one for one in seen if one.id == partnership_id or not partnership_id), None)
    if found is None:
        raise NotFound(f"partnership {partnership_id}")
    return found


def _shown(cell: PublishedCell) -> list[object]:
    """Percent, met and measured."""
    if cell.counts is None or cell.word:
        return [cell.word] * 3
    return [cell.counts.percent, cell.counts.met, cell.counts.measured]

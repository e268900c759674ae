"""The partnership: the uptake of every named agency, as aggregates only, with small numbers suppressed."""

from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.settings import Settings
from training_tracker.uptake.coverage import coverage_by_agency
from training_tracker.uptake.freshness import freshness
from training_tracker.uptake.region import agencies_in, published_uptake
from training_tracker.uptake.suppression import REMAINDER, PublishedCell
from training_tracker.web.dependencies import MAY, PageNumber
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
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        number: PageNumber = 1,
    ) -> Template:
        threshold = settings.suppression_threshold
        async with database.reading() as session:
            agencies = await agencies_in(session, actor.partnerships_seen)
            table = await published_uptake(session, today, today=today, threshold=threshold, agencies=agencies)
            sent = await freshness(session, today, set(agencies.values()))
            covered = await coverage_by_agency(session, today, today=today, threshold=threshold, agencies=agencies)
        return page(
            request,
            "partnership",
            actor,
            table=table,
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
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
    ) -> Response[bytes]:
        threshold = settings.suppression_threshold
        async with database.reading() as session:
            agencies = await agencies_in(session, actor.partnerships_seen)
            lines = await coverage_by_agency(session, today, today=today, threshold=threshold, agencies=agencies)
        rows = [
            [
                line.agency,
                line.expectation,
                line.title,
                "team" if line.of_teams else "agency",
                line.settings,
                "suppressed" if line.covered is None else line.covered,
                today,
            ]
            for line in lines
        ]
        headings = ["agency", "expectation", "title", "each", "settings", "covered", "as at"]
        return csv_file(f"partnership-coverage-{today}.csv", headings, rows)

    @get("/uptake.csv")
    async def export(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
    ) -> Response[bytes]:
        threshold = settings.suppression_threshold
        async with database.reading() as session:
            agencies = await agencies_in(session, actor.partnerships_seen)
            table = await published_uptake(session, today, today=today, threshold=threshold, agencies=agencies)
        rows = [
            [
                f"{agency}: {', '.join(table.merged)}" if agency == REMAINDER else agency,
                code,
                title,
                cell.target_percent,
                *_shown(cell),
                today,
            ]
            for agency, code, title, cell in table.cells
        ]
        headings = ["agency", "expectation", "title", "target percent", "percent", "met", "measured", "as at"]
        return csv_file(f"partnership-uptake-{today}.csv", headings, rows)


def _shown(cell: PublishedCell) -> list[object]:
    """Percent, met and measured."""
    if cell.counts is None or cell.word:
        return [cell.word] * 3
    return [cell.counts.percent, cell.counts.met, cell.counts.measured]

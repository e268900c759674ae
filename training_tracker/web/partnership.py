"""The partnership: the uptake of every named agency, as it was published: aggregates only, small numbers suppressed."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.catalogue.strategy import taken_away
from training_tracker.database import Database
from training_tracker.expectations.clarity import clarity_in
from training_tracker.people.listing import sectors_without_agency
from training_tracker.settings import Settings
from training_tracker.uptake.charts import draw
from training_tracker.uptake.coverage import CoverageInWords, coverage_in_words
from training_tracker.uptake.freshness import freshness
from training_tracker.uptake.numbers import published_numbers
from training_tracker.uptake.publishing import published_table, published_tables
from training_tracker.uptake.reading import of_expectation, spreads, without_any
from training_tracker.uptake.region import agencies_in
from training_tracker.uptake.strategy import strategy
from training_tracker.uptake.suppression import MONTHS_COMPARED, REMAINDER, PublishedCell
from training_tracker.uptake.trends import ALL, cells_of, month_ends, spread_chart, trend_chart
from training_tracker.web.dependencies import MAY, PageNumber
from training_tracker.web.downloads import csv_file
from training_tracker.web.partnership_view import ChosenName, View, partnership_view
from training_tracker.web.rendering import page

# Lines about settings on one page.
PAGE_SIZE = 50


class ThePartnership(Controller):
    path = "/partnership"
    opt = {MAY: May.PARTNERSHIP}
    dependencies = {"view": Provide(partnership_view)}

    @get()
    async def overview(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        view: NamedDependency[View],
    ) -> Template:
        async with database.reading() as session:
            table = await published_table(session, view.partnership.id, view.on)
            clear = await clarity_in(session, view.partnership.id, view.on, known_at=view.known_at)
            priorities = await strategy(session, view.partnership.id, table)
            numbers = await published_numbers(session, view.partnership.id, view.on)
        # What agencies sent, whichever they are.
        async with unconfined.reading() as session:
            sent = await freshness(session, view.on, {one.agency for one in clear}, known_at=view.known_at)
        apart = spreads(table)
        nobody, without = without_any(table, [one.agency for one in clear])
        return page(
            request,
            "partnership/overview",
            actor,
            view=view,
            agencies=clear,
            table=table,
            apart=apart,
            chart=await draw(spread_chart(apart, table.as_at)) if apart else None,
            unclear=[one for one in clear if one.statutory and one.missing],
            statutory=sum(one.statutory for one in clear),
            gaps=[one for one in priorities if one.gaps],
            numbers=numbers,
            nobody=nobody,
            without=without,
            freshness=sent,
            threshold=settings.suppression_threshold,
            months_compared=MONTHS_COMPARED,
        )

    @get("/uptake")
    async def uptake(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        view: NamedDependency[View],
        agency: ChosenName = "",
    ) -> Template:
        """Every agency by every expectation, or one agency's list."""
        async with database.reading() as session:
            table = await published_table(session, view.partnership.id, view.on)
        return page(
            request,
            "partnership/uptake",
            actor,
            view=view,
            table=table,
            agency=agency if agency in table.rows else "",
            threshold=settings.suppression_threshold,
            months_compared=MONTHS_COMPARED,
        )

    @get("/trends")
    async def trends(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        view: NamedDependency[View],
        expectation: ChosenName = "",
        agency: ChosenName = "",
    ) -> Template:
        """One expectation: twelve months of it, and every agency beside the others."""
        async with database.reading() as session:
            table = await published_table(session, view.partnership.id, view.on)
            choices = {code: title for _number, code, title in table.expectations}
            widest = spreads(table)
            code = (
                expectation if expectation in choices else next((one.code for one in widest), next(iter(choices), ""))
            )
            days = [day for day in month_ends(view.on) if view.first and day >= view.first] if code else []
            tables = await published_tables(session, view.partnership.id, days, expectation=code) if code else {}
        figures = of_expectation(table, code)
        chosen = agency if agency in {one.agency for one in figures} else ""
        return page(
            request,
            "partnership/trends",
            actor,
            view=view,
            table=table,
            tables=tables,
            choices=choices,
            code=code,
            agency=chosen,
            figures=figures,
            spread=next((one for one in widest if one.code == code), None),
            months={name: cells_of(tables, code, name) for name in (ALL, *(one.agency for one in figures))},
            chart=await draw(trend_chart(tables, code, choices[code], [chosen] if chosen else [])) if code else None,
        )

    @get("/strategy")
    async def priorities(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        view: NamedDependency[View],
    ) -> Template:
        async with database.reading() as session:
            table = await published_table(session, view.partnership.id, view.on)
            found = await strategy(session, view.partnership.id, table)
            gone = await taken_away(session, view.partnership.id)
        return page(
            request,
            "partnership/strategy",
            actor,
            view=view,
            table=table,
            priorities=found,
            keeps=view.partnership.id in actor.partnerships and not view.past,
            gone=gone,
        )

    @get("/register")
    async def register(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        view: NamedDependency[View],
    ) -> Template:
        """Which agency has published what it expects of the front line, and of managers."""
        async with database.reading() as session:
            found = await clarity_in(session, view.partnership.id, view.on, known_at=view.known_at)
            missing = [] if view.past else await sectors_without_agency(session, view.partnership.id)
        return page(request, "partnership/register", actor, view=view, agencies=found, missing=missing)

    @get("/coverage")
    async def coverage(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        view: NamedDependency[View],
        number: PageNumber = 1,
    ) -> Template:
        covered = await _covered(unconfined, settings, view)
        return page(
            request,
            "partnership/coverage",
            actor,
            view=view,
            coverage=covered[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
            total=len(covered),
            number=number,
            page_size=PAGE_SIZE,
            threshold=settings.suppression_threshold,
        )

    @get("/coverage.csv")
    async def export_coverage(
        self,
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        view: NamedDependency[View],
    ) -> Response[bytes]:
        rows = [
            [line.agency, line.expectation, line.title, line.enough or "suppressed", view.today]
            for line in await _covered(unconfined, settings, view)
        ]
        headings = ["agency", "expectation", "title", "enough people", "as at"]
        return csv_file(f"partnership-coverage-{view.today}.csv", headings, rows)

    @get("/uptake.csv")
    async def export(self, database: NamedDependency[Database], view: NamedDependency[View]) -> Response[bytes]:
        async with database.reading() as session:
            table = await published_table(session, view.partnership.id, view.on)
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
        return csv_file(f"partnership-uptake-{view.on}.csv", headings, rows)


async def _covered(unconfined: Database, settings: Settings, view: View) -> list[CoverageInWords]:
    """Whether places have enough people, worked out from the rows of all agencies, as it is today: it is not kept."""
    async with unconfined.reading() as session:
        agencies = await agencies_in(session, [view.partnership.id])
        threshold = settings.suppression_threshold
        return await coverage_in_words(session, view.today, today=view.today, threshold=threshold, agencies=agencies)


def _shown(cell: PublishedCell) -> list[object]:
    """Percent, met and measured."""
    if cell.counts is None or cell.word:
        return [cell.word] * 3
    return [cell.counts.percent, cell.counts.met, cell.counts.measured]

"""The partnership: the uptake of every named agency, as aggregates only, with small numbers suppressed."""

from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.settings import Settings
from training_tracker.uptake.counting import By, people_by_agency, uptake
from training_tracker.uptake.suppression import PublishedTable, published
from training_tracker.web.dependencies import leading_partnership
from training_tracker.web.downloads import csv_file
from training_tracker.web.rendering import page


class ThePartnership(Controller):
    path = "/partnership"
    dependencies = {"lead": Provide(leading_partnership, sync_to_thread=False)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        lead: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
    ) -> Template:
        table = await _table(session, settings, today)
        return page(request, "partnership", lead, table=table, threshold=settings.suppression_threshold, today=today)

    @get("/uptake.csv")
    async def export(
        self,
        session: NamedDependency[AsyncSession],
        lead: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
    ) -> Response[bytes]:
        table = await _table(session, settings, today)
        rows = [
            [
                agency,
                code,
                title,
                cell.target_percent,
                cell.counts.percent if cell.counts else "suppressed",
                cell.counts.met if cell.counts else "suppressed",
                cell.counts.measured if cell.counts else "suppressed",
                today,
            ]
            for agency, cells in table.rows.items()
            for expectation, code, title in table.expectations
            if (cell := cells.get(expectation)) is not None
        ]
        headings = ["agency", "expectation", "title", "target percent", "percent", "met", "measured", "as at"]
        return csv_file(f"partnership-uptake-{today}.csv", headings, rows)


async def _table(session: AsyncSession, settings: Settings, today: date) -> PublishedTable:
    lines = [line for line in await uptake(session, today, by=By.AGENCY, today=today) if line.required]
    sizes = await people_by_agency(session, today, today=today)
    return published(lines, sizes, settings.suppression_threshold)

"""The board pack of a partnership: as a page to print, as a PDF and as a workbook, with the same figures."""

import asyncio
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.pdf import pdf
from training_tracker.settings import Settings
from training_tracker.uptake.board_pack import board_pack
from training_tracker.uptake.charts import Drawn, draw
from training_tracker.uptake.pack import Kind, Pack, Section
from training_tracker.web.dependencies import MAY
from training_tracker.web.downloads import XLSX, Sheet, as_file, workbook
from training_tracker.web.partnership_view import View, partnership_view
from training_tracker.web.rendering import page

# As long as the name of a sheet may be.
LONGEST_NAME = 31


class BoardPack(Controller):
    path = "/partnership/board-pack"
    opt = {MAY: May.PARTNERSHIP}
    dependencies = {"view": Provide(partnership_view)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        view: NamedDependency[View],
    ) -> Template:
        pack = await _gather(unconfined, settings, view)
        drawn = [await _drawn(section) for section in pack.sections] if pack else []
        return page(request, "partnership/board_pack", actor, view=view, pack=pack, drawn=drawn)

    @get("/pack.pdf")
    async def as_pdf(
        self, unconfined: NamedDependency[Database], settings: NamedDependency[Settings], view: NamedDependency[View]
    ) -> Response[bytes]:
        pack = await _there(unconfined, settings, view)
        sections = [
            {
                "title": section.title,
                "words": section.words,
                "charts": [
                    {"svg": one.wide.svg, "caption": f"{one.chart.caption}. {one.chart.key}", "said": one.chart.summary}
                    for one in await _drawn(section)
                ],
                "tables": [
                    {
                        "caption": table.caption,
                        "head": [name for name, _kind in table.headings],
                        "kinds": [kind for _name, kind in table.headings],
                        "rows": list(table.in_words),
                    }
                    for table in section.tables
                ],
            }
            for section in pack.sections
        ]
        made = f"{pack.partnership}. {pack.of_when}"
        content = {"title": pack.title, "partnership": pack.partnership, "made": made, "sections": sections}
        return as_file(f"board-pack-{pack.on}.pdf", await pdf("board_pack", content), "application/pdf")

    @get("/pack.xlsx")
    async def as_workbook(
        self, unconfined: NamedDependency[Database], settings: NamedDependency[Settings], view: NamedDependency[View]
    ) -> Response[bytes]:
        pack = await _there(unconfined, settings, view)
        sheets = [sheet for section in pack.sections for sheet in _sheets(section)]
        made = await asyncio.to_thread(workbook, sheets, title=pack.title)
        return as_file(f"board-pack-{pack.on}.xlsx", made, XLSX)


async def _gather(unconfined: Database, settings: Settings, view: View) -> Pack | None:
    """Of every agency of the partnership: what they sent, and whether their settings have enough people."""
    async with unconfined.reading() as session:
        return await board_pack(
            session,
            view.partnership.id,
            view.partnership.name,
            view.on,
            today=view.today,
            known_at=view.known_at,
            threshold=settings.suppression_threshold,
        )


async def _there(unconfined: Database, settings: Settings, view: View) -> Pack:
    pack = await _gather(unconfined, settings, view)
    if pack is None:
        raise NotFound("figures of that day")
    return pack


async def _drawn(section: Section) -> list[Drawn]:
    return [await draw(chart) for chart in section.charts]


def _sheets(section: Section) -> list[Sheet]:
    name = section.title[:LONGEST_NAME]
    if not section.tables:
        return [Sheet(name, (), (), above=(section.title, *section.words))]
    return [
        Sheet(
            name,
            [heading for heading, _kind in table.headings],
            table.rows,
            above=(table.caption, *section.words, ""),
            percents=[number for number, (_name, kind) in enumerate(table.headings) if kind is Kind.PERCENT],
        )
        for table in section.tables
    ]

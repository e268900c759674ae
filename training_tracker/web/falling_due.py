"""What falls due month by month over a whole partnership, beside the places that it offers."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.catalogue.finding import item_by_code
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.settings import Settings
from training_tracker.uptake.charts import draw
from training_tracker.uptake.column_chart import Column, columns
from training_tracker.uptake.numbers import MONTHS_AHEAD, ItemAhead, published_numbers
from training_tracker.uptake.places import offer_places, places_offered
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY
from training_tracker.web.partnership_view import ChosenName, View, partnership_view
from training_tracker.web.rendering import page, plural, say

ADDRESS = "/partnership/falls-due"


class FallingDue(Controller):
    path = ADDRESS
    dependencies = {"view": Provide(partnership_view)}

    @get(opt={MAY: May.PARTNERSHIP})
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        view: NamedDependency[View],
        item: ChosenName = "",
    ) -> Template:
        async with database.reading() as session:
            return await _page(request, session, actor, settings, view, item)

    @post(opt={MAY: May.PLACES}, status_code=303)
    async def offer(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        view: NamedDependency[View],
        data: URLEncodedBody[dict[str, str]],
        item: ChosenName = "",
    ) -> Template | Redirect:
        """Say how many places of the item there are in each of the months that were sent."""
        if view.partnership.id not in actor.partnerships:
            raise NotFound("places")
        try:
            async with database.writing() as session:
                about = await item_by_code(session, item)
                changed = await offer_places(session, view.partnership.id, about.id, _places(data))
        except Refused as refusal:
            async with database.reading() as session:
                return await _page(request, session, actor, settings, view, item, data, refusal)
        say(request, f"Kept: {plural(changed, 'month')} of “{about.title}” changed." if changed else "Nothing changed.")
        return Redirect(view.link(ADDRESS, item=item), status_code=303)


async def _page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    actor: Actor,
    settings: Settings,
    view: View,
    item: str,
    sent: forms.Sent | None = None,
    refusal: Refused | None = None,
) -> Template:
    numbers = await published_numbers(session, view.partnership.id, view.on)
    places = await places_offered(session, view.partnership.id, known_at=view.known_at)
    ahead = sorted(numbers.ahead, key=lambda one: (-one.total, one.title)) if numbers else []
    chosen = next((one for one in ahead if one.code == item), ahead[0] if ahead else None)
    threshold = settings.suppression_threshold
    return page(
        request,
        "partnership/falls_due",
        actor,
        status=422 if refusal else 200,
        view=view,
        numbers=numbers,
        ahead=[(one, sum(places.get((one.item_id, month), 0) for month in one.months)) for one in ahead],
        chosen=chosen,
        chart=await draw(_chart(chosen, places, threshold)) if chosen else None,
        months_ahead=MONTHS_AHEAD,
        may_offer=view.partnership.id in actor.partnerships and not view.past,
        sent=sent or (_as_sent(chosen, places) if chosen else {}),
        problems=forms.problems(refusal),
        threshold=threshold,
    )


def _chart(one: ItemAhead, places: dict[tuple[int, date], int], threshold: int) -> Any:
    return columns(
        f"{one.title}: people for whom it falls due",
        [Column(f"{month:%b %Y}", people, places.get((one.item_id, month))) for month, people in one.months.items()],
        needed="people",
        offered="places offered",
        step=threshold,
    )


def _places(sent: forms.Sent) -> dict[date, int | None]:
    """What was sent as ``places-2026-12``; nothing for not said."""
    found: dict[date, int | None] = {}
    for name, value in sent.items():
        if not name.startswith("places-"):
            continue
        try:
            month = date.fromisoformat(f"{name.removeprefix('places-')}-01")
        except ValueError:
            raise NotFound("month") from None
        number = value.strip().replace(",", "")
        if number and not (number.isdecimal() and len(number) <= forms.LONGEST_ID - 1):
            raise Refused(
                f"The places in {month:%B %Y} must be a whole number", "Write it like 20, or leave it empty.", name
            )
        found[month] = int(number) if number else None
    return found


def _as_sent(one: ItemAhead, places: dict[tuple[int, date], int]) -> forms.Sent:
    return {f"places-{month:%Y-%m}": str(places.get((one.item_id, month), "")) for month in one.months}

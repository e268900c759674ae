"""Twelve months of what was published, and how far apart agencies are, as charts."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from training_tracker.calendar import add_months, in_words
from training_tracker.uptake.charts import Chart
from training_tracker.uptake.line_chart import Line, lines
from training_tracker.uptake.reading import Spread
from training_tracker.uptake.spread_chart import Spread as Bar
from training_tracker.uptake.spread_chart import spreads as spreads_chart
from training_tracker.uptake.suppression import PublishedCell, PublishedTable

ALL = "All agencies"
MONTHS = 12
# So many on one chart; a longer one is read by nobody.
MOST_BARS = 12


def month_ends(on: date) -> list[date]:
    """The ends of the months before a day, and the day itself: twelve in all."""
    first = on.replace(day=1)
    return [add_months(first, -number) - timedelta(days=1) for number in range(MONTHS - 2, -1, -1)] + [on]


def cells_of(tables: Mapping[date, PublishedTable], code: str, agency: str) -> dict[date, PublishedCell | None]:
    """What was told of one expectation on each of the days, of an agency by its name or of all of them together."""
    found: dict[date, PublishedCell | None] = {}
    for day, table in tables.items():
        number = next((number for number, one, _title in table.expectations if one == code), None)
        if number is None:
            found[day] = None
        else:
            found[day] = table.total(number) if agency == ALL else table.rows.get(agency, {}).get(number)
    return found


def trend_chart(tables: Mapping[date, PublishedTable], code: str, title: str, agencies: Sequence[str]) -> Chart:
    """A line for all agencies together, and for each of those named."""
    days = list(tables)
    target, several = 0.0, []
    for agency in (ALL, *agencies):
        cells = cells_of(tables, code, agency)
        target = next((cell.target_percent for cell in reversed(cells.values()) if cell), target)
        several.append(Line(agency, tuple(_point(cell) for cell in cells.values())))
    caption = f"{title}: percent at each month’s end as published then, {in_words(days[0])} to {in_words(days[-1])}"
    return lines(caption, [f"{day:%b %Y}" for day in days], several, target=target)


def spread_chart(found: Sequence[Spread], as_at: date) -> Chart:
    """How far the agencies are apart in what is asked of the most of them."""
    bars = [
        Bar(one.title, one.least, one.middle, one.most, one.agencies, one.target_percent, in_words(one.oldest))
        for one in found[:MOST_BARS]
    ]
    return spreads_chart(f"How far agencies are apart, as published on {in_words(as_at)}", bars, of="agencies")


def _point(cell: PublishedCell | None) -> tuple[float, int] | None:
    counts = cell.counts if cell else None
    return None if counts is None or counts.percent is None else (counts.percent, counts.measured)

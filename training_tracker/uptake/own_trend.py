"""Twelve months of one expectation in an agency's own figures, as known now, as a chart."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.standing.known import PostFilter
from training_tracker.uptake.charts import Chart
from training_tracker.uptake.counting import By, Counts, uptake
from training_tracker.uptake.line_chart import Line, lines
from training_tracker.uptake.trends import month_ends


async def own_trend(
    session: AsyncSession, expectation_id: int, posts: PostFilter, on: date, *, today: date
) -> dict[date, Counts | None]:
    """The posts of an agency by status at the end of each of the eleven months before a day, and on the day itself.

    None where it was asked of nobody. The engine answers for one day at a time: one statement for each of the twelve,
    of this expectation and these posts alone.
    """
    found: dict[date, Counts | None] = {}
    for day in month_ends(on):
        counted = await uptake(session, day, by=By.AGENCY, today=today, posts=posts, expectation_id=expectation_id)
        found[day] = sum((line.counts for line in counted), Counts()) if counted else None
    return found


def own_trend_chart(found: dict[date, Counts | None], agency: str, title: str, target: float) -> Chart:
    days = list(found)
    points = tuple(
        None if counts is None or counts.percent is None else (counts.percent, counts.measured)
        for counts in found.values()
    )
    caption = f"{title}: percent at each month’s end as known now, {in_words(days[0])} to {in_words(days[-1])}"
    return lines(caption, [f"{day:%b %Y}" for day in days], [Line(agency, points)], target=target)

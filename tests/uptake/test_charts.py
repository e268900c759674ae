"""Charts: what they say to whoever cannot see them, and what a browser is given."""

import xml.etree.ElementTree as ET

from training_tracker.uptake.charts import Chart, draw
from training_tracker.uptake.column_chart import Column, columns
from training_tracker.uptake.line_chart import Line, lines
from training_tracker.uptake.spread_chart import Spread, spreads

MONTHS = ("Mar 2026", "Apr 2026", "May 2026")


def trend() -> Chart:
    council = Line("Harbour Council", ((70.0, 220), None, (61.5, 221)))
    return lines("Uptake", MONTHS, [Line("All agencies", ((50.0, 900), (52.0, 901), (55.5, 902))), council], target=90)


def test_a_trend_says_where_each_line_went_and_keeps_what_is_not_told_apart_from_nothing() -> None:
    chart = trend()
    assert chart.summary == (
        "All agencies rose from 50.0% in Mar 2026 to 55.5% in May 2026."
        " Harbour Council fell from 70.0% in Mar 2026 to 61.5% in May 2026. The target is 90%."
    )
    assert chart.headings == ("Month", "All agencies", "Harbour Council")
    assert chart.rows[1] == ("Apr 2026", "52.0% of 901", "not told")


def test_a_line_of_nothing_and_one_of_a_single_month_say_so() -> None:
    nothing, single = Line("Kelp School", (None, None, None)), Line("Bay Surgery", (None, (80.0, 12), None))
    summary = lines("Uptake", MONTHS, [nothing, single], target=85.5).summary
    assert summary == "Kelp School: not told. Bay Surgery: 80.0% in Apr 2026. The target is 85.5%."


def test_columns_say_in_which_months_there_are_too_few_places() -> None:
    needed = [Column("Mar 2026", 1_200, 1_300), Column("Apr 2026", 40, 12), Column("May 2026", 7)]
    chart = columns("Falling due", needed, needed="people", offered="places")
    assert chart.summary == "1,247 people in all, the most in Mar 2026. Fewer places than people in Apr 2026."
    assert chart.headings == ("Month", "People", "Places", "Short of")
    assert chart.rows == (
        ("Mar 2026", "1,200", "1,300", "0"),
        ("Apr 2026", "40", "12", "28"),
        ("May 2026", "7", "–", "0"),
    )


def test_where_no_places_are_known_none_are_spoken_of() -> None:
    chart = columns("Falling due", [Column("Mar 2026", 0)], needed="people", offered="places")
    assert (chart.summary, chart.headings) == ("0 people in all.", ("Month", "People"))


def test_a_spread_names_the_lowest_and_how_many_it_is_of() -> None:
    chart = spreads("Agencies", [Spread("Toolkit", 12.5, 40.0, 90.0, 11, 90, "31 May 2026")], of="agencies")
    assert chart.summary == "The lowest is 12.5% (Toolkit)."
    assert chart.rows == (("Toolkit", "11", "12.5%", "40.0%", "90.0%", "90%", "31 May 2026"),)


async def test_it_is_drawn_for_a_desk_and_for_a_telephone_with_nothing_that_our_policy_forbids() -> None:
    long = Spread("A title that is too long for one line of it", 12, 40, 90, 11, 90, "4 May 2026")
    for chart in (
        trend(),
        columns("Falling due", [Column(month, 5, 3) for month in MONTHS], needed="people", offered="places"),
        spreads("Agencies", [long], of="agencies"),
    ):
        drawn = await draw(chart)
        for drawing, width in ((drawn.wide, 760), (drawn.narrow, 288)):
            picture = ET.fromstring(drawing.svg)  # made here, of nobody's words
            assert (picture.get("width"), drawing.width) == (str(width), width)
            assert drawing.height == round(float(picture.get("height") or 0))
            tags = {element.tag.rpartition("}")[2] for element in picture.iter()}
            assert not tags & {"script", "style", "image", "foreignObject", "a"}
            assert not any("style" in element.attrib for element in picture.iter())
            assert not set(" \"'<>\n") & set(drawing.address.replace("'", ""))


async def test_what_was_drawn_is_not_drawn_again() -> None:
    first, again = await draw(trend()), await draw(trend())
    assert first.wide is again.wide
    assert first.narrow is again.narrow

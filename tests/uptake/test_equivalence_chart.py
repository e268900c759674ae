"""What counts as what, drawn: every course once, no two in one place, every arrow forwards."""

import json

from hypothesis import given
from hypothesis import strategies as st

from training_tracker.uptake.charts import NARROW, WIDE, draw
from training_tracker.uptake.equivalence_chart import arrows

NAMES = st.sampled_from([f"Course {letter}" for letter in "ABCDEFGH"])
ARROWS = st.lists(st.tuples(NAMES, NAMES).filter(lambda both: both[0] < both[1]), min_size=1, max_size=10, unique=True)


@given(ARROWS)
def test_each_course_has_a_place_of_its_own_and_arrows_lead_to_the_right(several: list[tuple[str, str]]) -> None:
    chart = arrows(several)
    for spec, width in ((chart.wide, WIDE), (chart.narrow, NARROW)):
        boxes = spec["layer"][0]["data"]["values"]
        assert {box["name"] for box in boxes} == {name for arrow in several for name in arrow}
        assert len({(box["x"], box["y"]) for box in boxes}) == len(boxes)
        assert all(box["x2"] <= width and box["y2"] <= spec["height"] for box in boxes)
    assert all(line["x"] < line["x2"] for line in chart.wide["layer"][2]["data"]["values"])


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=10))
def test_even_what_counts_in_a_circle_can_be_drawn(several: list[tuple[str, str]]) -> None:
    assert arrows(several).rows == tuple(several)


async def test_the_picture_says_what_it_shows_and_holds_every_name() -> None:
    drawn = await draw(arrows([("Level 3", "Level 2"), ("Level 2", "Level 1")]))
    assert drawn.chart.summary == "Level 3 counts as Level 2. Level 2 counts as Level 1."
    for drawing in (drawn.wide, drawn.narrow):
        assert all(f">Level {number}<" in drawing.svg for number in (1, 2, 3))
    assert drawn.narrow.width <= 320
    assert json.dumps(drawn.chart.wide) != json.dumps(drawn.chart.narrow)

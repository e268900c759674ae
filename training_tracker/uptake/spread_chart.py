"""How far some percentages are apart: the least, the middle and the most, and the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from training_tracker.uptake.charts import BAR, INK, NARROW, WIDE, Chart, Spec, sized


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the middle and the most of some percentages, of how many, and the day of the oldest in words."""

    name: str
    least: float
    middle: float
    most: float
    number: int
    target: float
    oldest: str


def spreads(caption: str, several: Sequence[Spread], *, of: str) -> Chart:
    """From the least to the most with the middle between, a line for each; ``of`` is what there are several of."""
    values: list[Spec] = [
        {
            "name": one.name,
            "least": one.least,
            "middle": one.middle,
            "most": one.most,
            "target": one.target,
        }
        for one in several
    ]

    def spec(width: int) -> Spec:
        narrow = width == NARROW
        percent = {"type": "quantitative", "scale": {"domain": [0, 100]}, "title": None}
        axis = {"orient": "top", "tickCount": 2 if narrow else 5, "labelExpr": "datum.value + '%'"}
        # On a telephone a name stands over its line, not beside it.
        over = (
            {"labelAlign": "left", "labelPadding": 0, "labelOffset": -20, "zindex": 1} if narrow else {"minExtent": 290}
        )
        broken = {"labelExpr": r"split(datum.label, '\n')", "labelLimit": 0, "labelLineHeight": 15}
        name = {"title": None, "ticks": False, "domain": False, **broken, **over}
        height = (66 if narrow else 40) * len(several) + 40
        return sized(width, height) | {
            "data": {"values": [one | {"name": _broken(one["name"])} for one in values]},
            "encoding": {"y": {"field": "name", "type": "ordinal", "sort": None, "axis": name}},
            "layer": [
                {
                    "mark": {"type": "bar", "height": 10, "color": "#b9d6dc", "yOffset": 12 if narrow else 0},
                    "encoding": {"x": {"field": "least", **percent, "axis": axis}, "x2": {"field": "most"}},
                },
                {
                    "mark": {
                        "type": "tick",
                        "color": INK,
                        "thickness": 2,
                        "size": 20,
                        "strokeDash": [3, 2],
                        "yOffset": 12 if narrow else 0,
                    },
                    "encoding": {"x": {"field": "target", **percent}},
                },
                {
                    "mark": {
                        "type": "point",
                        "filled": True,
                        "size": 90,
                        "color": BAR,
                        "opacity": 1,
                        "yOffset": 12 if narrow else 0,
                    },
                    "encoding": {"x": {"field": "middle", **percent}},
                },
            ],
        }

    low = min(several, key=lambda one: one.least, default=None)
    return Chart(
        caption=caption,
        key="A bar goes from the lowest to the highest, its point is the median, the upright line the target.",
        summary=f"The lowest is {low.least:.1f}% ({low.name})." if low else "",
        headings=("", of.capitalize(), "Minimum", "Median", "Maximum", "Target", "Oldest figure"),
        rows=tuple(
            (
                one.name,
                f"{one.number:,}",
                f"{one.least:.1f}%",
                f"{one.middle:.1f}%",
                f"{one.most:.1f}%",
                f"{one.target:g}%",
                one.oldest,
            )
            for one in several
        ),
        wide=spec(WIDE),
        narrow=spec(NARROW),
    )


def _broken(name: str) -> str:
    """A name on two lines at most, as wide as a telephone has room for."""
    return "\n".join(wrap(name, 38, max_lines=2, placeholder=" …"))

"""Charts, drawn on the server as SVG: each with its caption, what it says in a sentence, and the figures behind it.

No colour says anything alone: lines differ in their dashes and marks, columns carry their figures. Each is drawn twice,
for a desk and for a telephone, since letters that are made smaller with a picture cannot be read.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from textwrap import wrap
from typing import Any
from urllib.parse import quote

import vl_convert

Spec = dict[str, Any]

# In pixels, as a page shows them: the column of a desk, and a telephone of 320 less its margins.
WIDE, NARROW = 760, 288

# As in tracker.css.
INK, QUIET, LINE, BAR, BELOW = "#16232a", "#4a5960", "#d3dadd", "#1f7a8c", "#c26a14"
COLOURS = (BAR, "#7a3e9d", BELOW, "#26336b")
DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond")

TARGET = "Target"

CONFIG: Spec = {
    "background": "#ffffff",
    "font": "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, Source Sans Pro, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "labelFontSize": 13,
        "titleColor": QUIET,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelLimit": 260,
    },
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 13,
        "labelLimit": 280,
        "symbolSize": 90,
        "symbolStrokeWidth": 2,
        "columnPadding": 28,
    },
}


@dataclass(frozen=True, slots=True)
class Chart:
    """``caption`` says what it shows, ``key`` how to read it, ``summary`` what can be seen in it; ``rows`` are what it
    is drawn from.
    """

    caption: str
    key: str
    summary: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: Spec
    narrow: Spec


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG, and how large it is in pixels."""

    svg: str
    width: int
    height: int

    @property
    def address(self) -> str:
        """The picture itself in place of its address: no second request, and no script or style of it reaches the page.

        Free of spaces, which would end it in a list of sources.
        """
        return "data:image/svg+xml," + quote(self.svg, safe="!*'()-._~:/=@,;")


@dataclass(frozen=True, slots=True)
class Drawn:
    chart: Chart
    wide: Drawing
    narrow: Drawing


@dataclass(frozen=True, slots=True)
class Line:
    """``points`` are percentages and the posts behind each, in the order of the months; None where none is told."""

    name: str
    points: tuple[tuple[float, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """How many are needed, and how many there are where that is known."""

    name: str
    needed: int
    offered: int | None = None


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


async def draw(chart: Chart) -> Drawn:
    """Draw it, in a thread of its own; what was drawn before is kept."""
    wide, narrow = (json.dumps(spec, sort_keys=True) for spec in (chart.wide, chart.narrow))
    return Drawn(chart, *await asyncio.to_thread(lambda: (_drawn(wide), _drawn(narrow))))


def lines(caption: str, months: Sequence[str], several: Sequence[Line], *, target: float) -> Chart:
    """Percentages over months, up to four lines, with the target."""
    assert len(several) <= len(COLOURS)
    names = [line.name for line in several]
    values = [
        {"month": month, "percent": point[0] if point else None, "line": line.name}
        for line in several
        for month, point in zip(months, line.points, strict=True)
    ]

    def spec(width: int) -> Spec:
        scale = {"domain": [*names, TARGET]}
        dashes, shapes = [*DASHES[: len(names)], [3, 2]], [*SHAPES[: len(names)], "stroke"]
        encoding = {
            "x": {
                "field": "month",
                "type": "ordinal",
                "sort": None,
                "axis": _months_axis(months, 3 if width == NARROW else 1),
            },
            "y": _percent(),
            "color": {
                "field": "line",
                "type": "nominal",
                "scale": scale | {"range": [*COLOURS[: len(names)], INK]},
                "legend": {"direction": "vertical" if width == NARROW else "horizontal", "symbolType": "stroke"},
            },
        }
        dashed = {"field": "line", "type": "nominal", "scale": scale | {"range": dashes}}
        shaped = {"field": "line", "type": "nominal", "scale": scale | {"range": shapes}, "legend": None}
        rule = [{"month": month, "percent": target, "line": TARGET} for month in months]
        return _chart(width, 300) | {
            "data": {"values": [*values, *rule]},
            "encoding": encoding,
            "layer": [
                {"mark": {"type": "line", "strokeWidth": 2.5}, "encoding": {"strokeDash": dashed}},
                {
                    "transform": [{"filter": f"datum.line != '{TARGET}' && datum.percent != null"}],
                    "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                    "encoding": {"shape": shaped},
                },
            ],
        }

    return Chart(
        caption=caption,
        key="",
        summary=f"{' '.join(_moved(months, line) for line in several)} The target is {target:g}%.",
        headings=("Month", *names),
        rows=tuple(
            (month, *(_percent_of(line.points[number]) for line in several)) for number, month in enumerate(months)
        ),
        wide=spec(WIDE),
        narrow=spec(NARROW),
    )


def columns(caption: str, several: Sequence[Column], *, needed: str, offered: str, step: int = 0) -> Chart:
    """How many are needed month by month, beside how many there are; ``needed`` and ``offered`` say of what. With a
    ``step`` those needed are told in whole steps: at least so many, and 0 is fewer than one step.

    A month with too few is told from the others by its words too.
    """
    known = any(column.offered is not None for column in several)
    values = [
        {
            "name": column.name,
            "needed": column.needed,
            "offered": column.offered,
            "short": _short(column) > 0,
            "label": f"{column.needed:,}{'+' if step else ''}" if column.needed or not step else f"<{step}",
        }
        for column in several
    ]
    most = max((max(column.needed, column.offered or 0) for column in several), default=0)
    amount = {"type": "quantitative", "title": None, "scale": {"domain": [0, max(most * 1.12, 5)]}}

    def spec(width: int) -> Spec:
        sideways = width == NARROW
        along, across = ("y", "x") if sideways else ("x", "y")
        name: Spec = {"field": "name", "type": "ordinal", "sort": None}
        name["axis"] = (
            {"title": None, "ticks": False} if sideways else _months_axis([column.name for column in several])
        )
        beside = {"align": "left", "dx": 4} if sideways else {"baseline": "bottom", "dy": -4}
        layers: list[Spec] = [
            {
                "mark": {"type": "bar", "size": 13 if sideways else 22},
                "encoding": {
                    across: {"field": "needed", **amount, "axis": {"tickMinStep": 1, "tickCount": 4, "format": ",d"}},
                    "color": {
                        "condition": {"test": "datum.short", "value": BELOW},
                        "value": BAR,
                    },
                },
            },
            {
                "mark": {"type": "text", "color": INK, "fontSize": 12, **beside},
                "encoding": {across: {"field": "needed", **amount}, "text": {"field": "label"}},
            },
        ]
        if known:
            tick = {"type": "tick", "color": INK, "thickness": 3, "size": 17 if sideways else 30}
            layers.append({"mark": tick, "encoding": {across: {"field": "offered", **amount}}})
        height = 24 * len(several) + 30 if sideways else 280
        return _chart(width, height) | {
            "data": {"values": values},
            "encoding": {along: name},
            "layer": layers,
        }

    short = [column for column in several if _short(column) > 0]
    total = sum(column.needed for column in several)
    most_needed = max(several, key=lambda column: column.needed, default=None)
    said = [
        f"{'At least ' if step else ''}{total:,} {needed} in all"
        + (f", the most in {most_needed.name}." if most_needed and total else ".")
    ]
    if known:
        said.append(f"Fewer {offered} than {needed} in {', '.join(column.name for column in short) or 'no month'}.")
    heads = ("Month", needed.capitalize())
    return Chart(
        caption=caption,
        key=f"A dark line stands for the {offered}; a bar that goes beyond it is orange." if known else "",
        summary=" ".join(said),
        headings=(*heads, offered.capitalize(), "Short of") if known else heads,
        rows=tuple(
            (
                column.name,
                _at_least(column.needed, step) if step else f"{column.needed:,}",
                *(("–" if column.offered is None else f"{column.offered:,}", f"{_short(column):,}") if known else ()),
            )
            for column in several
        ),
        wide=spec(WIDE),
        narrow=spec(NARROW),
    )


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
        return _chart(width, height) | {
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


def _chart(width: int, height: int) -> Spec:
    return {"width": width, "height": height, "autosize": {"type": "fit", "contains": "padding"}, "config": CONFIG}


def _months_axis(months: Sequence[str], every: int = 1) -> Spec:
    """The year under the month; of each ``every`` months the last, as of all of them. What still has no room is left
    out, where that can be told: Vega measures a label of two lines by its first.
    """
    return {
        "values": months[::-every][::-1],
        "title": None,
        "labelAngle": 0,
        "labelOverlap": True,
        "labelSeparation": 6,
        "labelExpr": "split(datum.label, ' ')",
        "grid": False,
    }


def _percent() -> Spec:
    axis = {"title": None, "tickCount": 5, "labelExpr": "datum.value + '%'"}
    return {"field": "percent", "type": "quantitative", "scale": {"domain": [0, 100]}, "axis": axis}


def _percent_of(point: tuple[float, int] | None) -> str:
    return f"{point[0]:.1f}% of {point[1]:,}" if point else "not told"


def _moved(months: Sequence[str], line: Line) -> str:
    told = [(month, point[0]) for month, point in zip(months, line.points, strict=True) if point]
    if not told:
        return f"{line.name}: not told."
    (first, before), (last, after) = told[0], told[-1]
    if len(told) == 1:
        return f"{line.name}: {after:.1f}% in {last}."
    turns = [a - b for (_m, b), (_n, a) in pairwise(told)]
    way = "rose" if after > before else "fell" if after < before else "stayed" if not any(turns) else "is again"
    return f"{line.name} {way} from {before:.1f}% in {first} to {after:.1f}% in {last}."


def _at_least(number: int, step: int) -> str:
    return f"at least {number:,}" if number else f"fewer than {step}"


def _short(column: Column) -> int:
    return max(0, column.needed - column.offered) if column.offered is not None else 0


@lru_cache(maxsize=256)
def _drawn(spec: str) -> Drawing:
    svg = vl_convert.vegalite_to_svg(spec)
    width, height = (round(float(number)) for number in SIZE.findall(svg[:400])[:2])
    return Drawing(svg, width, height)


SIZE = re.compile(r' (?:width|height)="([\d.]+)"')

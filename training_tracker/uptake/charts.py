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
from typing import Any
from urllib.parse import quote

import vl_convert

Spec = dict[str, Any]

# In pixels, as a page shows them: the column of a desk, and a telephone of 320 less its margins.
WIDE, NARROW = 760, 288

# As in tracker.css.
INK, QUIET, LINE, BAR, BELOW = "#16232a", "#4a5960", "#d3dadd", "#1f7a8c", "#c26a14"
COLOURS = (BAR, "#7a3e9d", BELOW, "#26336b")

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


async def draw(chart: Chart) -> Drawn:
    """Draw it, in a thread of its own; what was drawn before is kept."""
    wide, narrow = (json.dumps(spec, sort_keys=True) for spec in (chart.wide, chart.narrow))
    return Drawn(chart, *await asyncio.to_thread(lambda: (_drawn(wide), _drawn(narrow))))


def sized(width: int, height: int) -> Spec:
    return {"width": width, "height": height, "autosize": {"type": "fit", "contains": "padding"}, "config": CONFIG}


def months_axis(months: Sequence[str], every: int = 1) -> Spec:
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


@lru_cache(maxsize=256)
def _drawn(spec: str) -> Drawing:
    svg = vl_convert.vegalite_to_svg(spec)
    width, height = (round(float(number)) for number in SIZE.findall(svg[:400])[:2])
    return Drawing(svg, width, height)


SIZE = re.compile(r' (?:width|height)="([\d.]+)"')

"""Percentages over months, as lines with the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from training_tracker.uptake.charts import COLOURS, INK, NARROW, WIDE, Chart, Spec, months_axis, sized

# Of each line, beside its colour.
DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond")

TARGET = "Target"


@dataclass(frozen=True, slots=True)
class Line:
    """``points`` are percentages and the posts behind each, in the order of the months; None where none is told."""

    name: str
    points: tuple[tuple[float, int] | None, ...]


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
                "axis": months_axis(months, 3 if width == NARROW else 1),
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
        return sized(width, 300) | {
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

"""What is needed in each month, beside what there is, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from training_tracker.uptake.charts import BAR, BELOW, INK, NARROW, WIDE, Chart, Spec, months_axis, sized


@dataclass(frozen=True, slots=True)
class Column:
    """How many are needed, and how many there are where that is known."""

    name: str
    needed: int
    offered: int | None = None


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
        name["axis"] = {"title": None, "ticks": False} if sideways else months_axis([column.name for column in several])
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
        return sized(width, height) | {
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


def _at_least(number: int, step: int) -> str:
    return f"at least {number:,}" if number else f"fewer than {step}"


def _short(column: Column) -> int:
    return max(0, column.needed - column.offered) if column.offered is not None else 0

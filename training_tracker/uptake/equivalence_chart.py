"""What counts as what, drawn: each course in a box, with an arrow to what it counts as too."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from textwrap import wrap

from training_tracker.uptake.charts import BAR, CONFIG, INK, NARROW, WIDE, Chart, Spec

# One course counts as another, by their titles.
Arrow = tuple[str, str]

# Whole, dashed or dotted.
_DASHES: Spec = {
    "field": "is",
    "type": "nominal",
    "scale": {"domain": ["kept", "new", "gone"], "range": [[1, 0], [8, 4], [2, 4]]},
    "legend": None,
}

ROW, BOX, GAP, LINE_HEIGHT = 58, 44, 46, 16


def arrows(several: Sequence[Arrow], *, new: Collection[Arrow] = (), gone: Collection[Arrow] = ()) -> Chart:
    """On a desk from left to right; on a telephone one below the other, each followed by what it counts as.

    Those that are ``new`` or ``gone`` by a change that is looked at are drawn otherwise, and said.
    """
    steps = _steps(several)
    rows = _rows(several, steps)

    def changed(item: str, other: str) -> str:
        return " (new)" if (item, other) in new else " (no longer)" if (item, other) in gone else ""

    columns = max(steps.values(), default=0) + 1
    width = (WIDE - GAP * (columns - 1)) // columns
    wide = {name: (steps[name] * (width + GAP), rows[name] * ROW) for name in steps}
    in_order = sorted(steps, key=lambda name: (rows[name], steps[name], name))
    narrow = {name: (0, number * (ROW + 12)) for number, name in enumerate(in_order)}
    return Chart(
        caption="Courses, and what each counts as too",
        key="An arrow leads from a course to what it counts as too; never the other way."
        + (" A dashed one would be new." if new else "")
        + (" A dotted one would go." if gone else ""),
        summary=" ".join(f"{item} counts as {other}{changed(item, other)}." for item, other in several),
        headings=("Course", "Counts as"),
        rows=tuple((item, other + changed(item, other)) for item, other in several),
        wide=_spec(several, wide, width, WIDE, new, gone),
        narrow=_spec(several, narrow, NARROW - 40, NARROW, new, gone),
    )


def around(several: Sequence[Arrow], titles: Collection[str]) -> list[Arrow]:
    """Those that lead to one of the titles, or from it."""
    return [arrow for arrow in several if not set(arrow).isdisjoint(titles)]


def _steps(several: Sequence[Arrow]) -> dict[str, int]:
    """How far to the right each stands: one further than the furthest that counts as it. A circle is cut somewhere."""
    steps = {name: 0 for arrow in several for name in arrow}
    for _ in steps:
        for item, other in several:
            if steps[other] <= steps[item] < len(steps):
                steps[other] = steps[item] + 1
    return steps


def _rows(several: Sequence[Arrow], steps: dict[str, int]) -> dict[str, int]:
    """In which row each stands: beside what counts as it, where that place is free."""
    counting: dict[str, list[str]] = defaultdict(list)
    for item, other in several:
        counting[other].append(item)
    rows: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    for name in sorted(steps, key=lambda one: (steps[one], one)):
        row = min((rows[item] for item in counting[name] if item in rows), default=0)
        while (row, steps[name]) in taken or (not counting[name] and any(row == used for used, _step in taken)):
            row += 1
        rows[name] = row
        taken.add((row, steps[name]))
    return rows


def _spec(
    several: Sequence[Arrow],
    places: dict[str, tuple[int, int]],
    box: int,
    width: int,
    new: Collection[Arrow],
    gone: Collection[Arrow],
) -> Spec:
    height = max((y for _x, y in places.values()), default=0) + BOX
    boxes = [_box(name, x, y, box) for name, (x, y) in places.items()]
    beside = width == WIDE
    lines: list[dict[str, float | str]] = [
        {
            **_between(places[item], places[other], box, beside=beside),
            "is": "new" if (item, other) in new else "gone" if (item, other) in gone else "kept",
        }
        for item, other in several
    ]
    heads = [{"x": line["x2"], "y": line["y2"]} for line in lines]
    plain = {"scale": {"domain": [0, width], "nice": False}, "axis": None, "type": "quantitative"}
    upside_down = {"scale": {"domain": [0, height], "nice": False, "reverse": True}, "axis": None} | {
        "type": "quantitative"
    }

    def at(x: str, y: str) -> Spec:
        return {"x": plain | {"field": x}, "y": upside_down | {"field": y}}

    ends = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    return {
        "width": width,
        "height": height,
        "config": CONFIG,
        "layer": [
            {
                "data": {"values": boxes},
                "mark": {"type": "rect", "fill": "#eef5f6", "stroke": BAR, "cornerRadius": 4},
                "encoding": at("x", "y") | ends,
            },
            {
                "data": {"values": boxes},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "middle",
                    "fontSize": 13,
                    "color": INK,
                    "lineBreak": "\n",
                    "lineHeight": LINE_HEIGHT,
                },
                "encoding": at("in_x", "in_y") | {"text": {"field": "name", "type": "nominal"}},
            },
            {
                "data": {"values": lines},
                "mark": {"type": "rule", "strokeWidth": 2, "color": INK},
                "encoding": at("x", "y") | ends | {"strokeDash": _DASHES},
            },
            {
                "data": {"values": heads},
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 90,
                    "opacity": 1,
                    "color": INK,
                    "shape": "triangle-right" if beside else "triangle-down",
                },
                "encoding": at("x", "y"),
            },
        ],
    }


def _between(start: tuple[int, int], end: tuple[int, int], box: int, *, beside: bool) -> dict[str, float]:
    if beside:
        return {"x": start[0] + box, "y": start[1] + BOX / 2, "x2": end[0] - 5, "y2": end[1] + BOX / 2}
    # Past the boxes between, where there are any.
    aside = box / 2 if end[1] - start[1] <= ROW + 12 else box + 20
    return {"x": aside, "y": start[1] + BOX, "x2": aside, "y2": end[1] - 5}


def _box(name: str, x: int, y: int, width: int) -> dict[str, float | str]:
    words = wrap(name, (width - 16) // 7, max_lines=2, placeholder=" …")
    middle = y + BOX / 2 - LINE_HEIGHT / 2 * (len(words) - 1)
    return {"x": x, "y": y, "x2": x + width, "y2": y + BOX, "in_x": x + 10, "in_y": middle, "name": "\n".join(words)}

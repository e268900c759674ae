"""The board pack: all that a partnership may read of a day, gathered once for the page, the PDF and the workbook."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words as day_in_words
from training_tracker.expectations.clarity import Clarity, clarity_in
from training_tracker.uptake.column_chart import Column, columns
from training_tracker.uptake.coverage import coverage_in_words
from training_tracker.uptake.freshness import freshness
from training_tracker.uptake.numbers import BEHIND, DONE, MONTHS_AHEAD, NOT_YET, Numbers, published_numbers
from training_tracker.uptake.pack import Cell, Kind, Pack, Section, Table
from training_tracker.uptake.places import places_offered
from training_tracker.uptake.publishing import published_table, published_tables
from training_tracker.uptake.reading import Spread, in_words, spreads, without_any
from training_tracker.uptake.region import agencies_in
from training_tracker.uptake.strategy import PriorityLine, strategy
from training_tracker.uptake.suppression import MONTHS_COMPARED, PublishedCell, PublishedTable
from training_tracker.uptake.trends import ALL, cells_of, month_ends, spread_chart, trend_chart

# What is asked of the most agencies is followed over the months; a board reads no longer list.
MOST_FOLLOWED = 6


async def board_pack(
    session: AsyncSession,
    partnership_id: int,
    name: str,
    on: date,
    *,
    today: date,
    known_at: datetime | None,
    threshold: int,
) -> Pack | None:
    """Gather it as of a day, as known then; None where nothing had been published.

    What agencies sent, and whether settings have enough people, is read past the wall: the session is unconfined.
    """
    table = await published_table(session, partnership_id, on)
    if not table.rows:
        return None
    numbers = await published_numbers(session, partnership_id, on)
    places = await places_offered(session, partnership_id, known_at=known_at)
    tables = await published_tables(session, partnership_id, month_ends(on))
    tables = {day: one for day, one in tables.items() if one.rows}
    priorities = await strategy(session, partnership_id, table)
    clear = await clarity_in(session, partnership_id, on, known_at=known_at)
    sent = await freshness(session, on, {one.agency for one in clear}, known_at=known_at)
    sections = [
        _at_a_glance(table, priorities, clear),
        _over_all(table),
        _apart(spreads(table), table),
        _months(tables, table),
        _falling_due(numbers, places, threshold),
        _people(numbers, threshold),
        _strategy(priorities, table),
        _register(clear, on),
        _without(table, [one.agency for one in clear]),
    ]
    if known_at is None:
        agencies = await agencies_in(session, [partnership_id])
        covered = await coverage_in_words(session, today, today=today, threshold=threshold, agencies=agencies)
        rows = tuple((one.agency, one.title, one.enough or "hidden") for one in covered)
        sections.append(
            _section("Enough people who have it", today, _texts("Agency", "Expectation", "Enough people"), rows)
        )
    sections.append(_by_agency(table))
    sections.append(Section("How fresh the data are", tuple(sent) or ("No agency is to send its records by a day.",)))
    sections.append(_how_to_read(table, threshold))
    return Pack(name, on, table.as_at, tuple(section for section in sections if section))


def _at_a_glance(table: PublishedTable, priorities: list[PriorityLine], clear: list[Clarity]) -> Section:
    statutory = [one for one in clear if one.statutory]
    # Of a day before any agency's place in the partnership was known, none of none would read as if all were well.
    said = (sum(not one.missing for one in statutory), len(statutory)) if clear else ("not known then", None)
    told = [cell for cell in table.totals.values() if cell.counts and cell.counts.measured]
    rows = (
        ("Expectations at target over all agencies", sum(not cell.below_target for cell in told), len(told)),
        ("Statutory agencies that have said what they expect", *said),
        ("Priorities of the strategy without a gap", sum(not one.gaps for one in priorities), len(priorities)),
    )
    headings = (("", Kind.TEXT), ("Number", Kind.NUMBER), ("Of", Kind.NUMBER))
    return _section("At a glance", table.as_at, headings, rows)


def _over_all(table: PublishedTable) -> Section:
    totals = table.totals
    rows = tuple((title, *_figures(totals[number])) for number, _code, title in table.expectations)
    return _section("Over all agencies", table.as_at, (("Expectation", Kind.TEXT), *FIGURES), rows)


def _by_agency(table: PublishedTable) -> Section:
    rows = tuple((agency, title, *_figures(cell)) for agency, _code, title, cell in table.cells)
    headings = (("Agency", Kind.TEXT), ("Expectation", Kind.TEXT), *FIGURES)
    return _section("By agency", table.as_at, headings, rows)


def _apart(found: list[Spread], table: PublishedTable) -> Section:
    headings = (
        ("Expectation", Kind.TEXT),
        ("Agencies", Kind.NUMBER),
        ("Of", Kind.NUMBER),
        ("Minimum", Kind.PERCENT),
        ("Lowest", Kind.TEXT),
        ("Median", Kind.PERCENT),
        ("Maximum", Kind.PERCENT),
        ("Highest", Kind.TEXT),
        ("Oldest figure", Kind.DAY),
    )
    rows = tuple(
        (one.title, one.agencies, one.posts, one.least, one.lowest, one.middle, one.most, one.highest, one.oldest)
        for one in found
    )
    section = _section("How far agencies are apart", table.as_at, headings, rows)
    words = ("Each agency’s percentage is of its own workforce: of all there who should have it.",)
    return Section(section.title, words, (spread_chart(found, table.as_at),) if found else (), section.tables)


def _months(tables: dict[date, PublishedTable], table: PublishedTable) -> Section:
    titles = {code: title for _number, code, title in table.expectations}
    told = [one.code for one in spreads(table) if any(map(_percent, cells_of(tables, one.code, ALL).values()))]
    followed = told[:MOST_FOLLOWED]
    rows = []
    for code in followed:
        for day, cell in cells_of(tables, code, ALL).items():
            percent, measured = _percent(cell), cell.counts.measured if cell and cell.counts else None
            rows.append((titles[code], day, percent, measured, in_words(cell) if cell else "not published"))
    headings = (
        ("Expectation", Kind.TEXT),
        ("Month’s end", Kind.DAY),
        ("Percent", Kind.PERCENT),
        ("Of", Kind.NUMBER),
        ("Stands", Kind.WORD),
    )
    section = _section("Twelve months", table.as_at, headings, tuple(rows))
    charts = tuple(trend_chart(tables, code, titles[code], []) for code in followed)
    words = ("At each month’s end as published then, over all agencies, of what is asked of the most of them.",)
    return Section(section.title, words, charts, section.tables)


def _falling_due(numbers: Numbers | None, places: dict[tuple[int, date], int], threshold: int) -> Section | None:
    if numbers is None or not numbers.ahead:
        return None
    ahead = sorted(numbers.ahead, key=lambda one: (-one.total, one.title))
    rows = []
    for one in ahead:
        offered = [places.get((one.item_id, month)) for month in one.months]
        told = [number for number in offered if number is not None]
        soon = sum(list(one.months.values())[:3])
        rows.append((one.title, soon, one.total, sum(told) if told else None))
    headings = (
        ("Course or resource", Kind.TEXT),
        ("People within 3 months, at least", Kind.NUMBER),
        (f"People within {MONTHS_AHEAD} months, at least", Kind.NUMBER),
        ("Places offered", Kind.NUMBER),
    )
    first = ahead[0]
    chart = columns(
        f"{first.title}: people for whom it falls due",
        [Column(f"{month:%b %Y}", n, places.get((first.item_id, month))) for month, n in first.months.items()],
        needed="people",
        offered="places offered",
        step=threshold,
    )
    section = _section("What falls due", numbers.as_at, headings, tuple(rows))
    words = (
        f"Over all agencies, in steps of {threshold} for each month, so that two numbers compared tell of nobody.",
    )
    return Section(section.title, words, (chart,), section.tables)


def _people(numbers: Numbers | None, threshold: int) -> Section | None:
    if numbers is None:
        return None
    new = {
        "New in post within twelve months: have done all that was due by now": numbers.new[DONE],
        "New in post within twelve months: are behind with something": numbers.new[BEHIND],
        "New in post within twelve months: nothing was due yet": numbers.new[NOT_YET],
    }
    rows = tuple(({f"Overdue {words}": number for words, number in numbers.overdue.items()} | new).items())
    headings = (("Who", Kind.TEXT), ("People, at least", Kind.NUMBER))
    section = _section("Overdue and new in post", numbers.as_at, headings, rows)
    words = (f"People of all agencies together, in steps of {threshold}; 0 is fewer than {threshold}.",)
    return Section(section.title, words, (), section.tables)


def _strategy(priorities: list[PriorityLine], table: PublishedTable) -> Section | None:
    headings = (
        ("Priority", Kind.TEXT),
        ("Audit recommendations", Kind.TEXT),
        ("Courses and resources", Kind.NUMBER),
        ("Percent", Kind.PERCENT),
        ("Of", Kind.NUMBER),
        ("As at", Kind.DAY),
        ("Gap", Kind.TEXT),
    )
    rows = tuple(
        (
            f"{one.number}. {one.title}",
            ", ".join(map(str, one.recommendations)) or "none",
            len(one.items),
            one.counts.percent,
            one.counts.measured or None,
            one.as_at,
            "; ".join(one.gaps) or "no gap",
        )
        for one in priorities
    )
    return _section("The strategy’s priorities", table.as_at, headings, rows) if rows else None


def _register(clear: list[Clarity], on: date) -> Section:
    """An agency has said it where a rule of its own is published, in force and required."""
    rows = tuple(
        (one.agency, one.sector, _yes(one.statutory), _yes(one.front_line), _yes(one.managers)) for one in clear
    )
    headings = (
        *_texts("Agency", "Sector"),
        *((name, Kind.WORD) for name in ("Statutory", "For front line", "For managers")),
    )
    return _section("Who has said what they expect", on, headings, rows)


def _without(table: PublishedTable, agencies: list[str]) -> Section:
    nobody, without = without_any(table, agencies)
    words = [f"{agency} has brought in nobody: nothing can be told of it." for agency in nobody]
    words += [f"{agency}: nobody has {'; nor '.join(titles)}." for agency, titles in without.items()]
    return Section(
        "Named providers without anybody", tuple(words) or ("Every agency has somebody, where it may be told.",)
    )


def _how_to_read(table: PublishedTable, threshold: int) -> Section:
    percent = (
        "Percent = compliant, due soon and in grace, out of those and the overdue, cut to one decimal; “of” is how many"
        " posts were measured. Figures are published each night, and never change afterwards."
    )
    hidden = (
        f"Figures that rest on fewer than {threshold} different people are hidden, and with them the figures that would"
        " give them back."
    )
    older = (
        f"A figure with a day of its own is as at that day: a newer one would differ by fewer than {threshold} people"
        f" from it, or from another of the last {MONTHS_COMPARED} months."
    )
    merged = f"Small agencies are shown together: {', '.join(table.merged)}." if table.merged else ""
    return Section("How to read these figures", tuple(words for words in (percent, hidden, older, merged) if words))


FIGURES = (
    ("Target", Kind.PERCENT),
    ("Percent", Kind.PERCENT),
    ("Met", Kind.NUMBER),
    ("Of", Kind.NUMBER),
    ("Stands", Kind.WORD),
    ("As at", Kind.DAY),
)


def _figures(cell: PublishedCell) -> tuple[Cell, ...]:
    counts = cell.counts
    numbers = (counts.met, counts.measured) if counts else (None, None)
    return (float(cell.target_percent), _percent(cell), *numbers, in_words(cell), cell.as_at)


def _percent(cell: PublishedCell | None) -> float | None:
    return cell.counts.percent if cell and cell.counts else None


def _section(
    title: str, as_at: date, headings: tuple[tuple[str, Kind], ...], rows: Iterable[tuple[Cell, ...]]
) -> Section:
    return Section(title, tables=(Table(f"{title}, as at {day_in_words(as_at)}", headings, tuple(rows)),))


def _texts(*names: str) -> tuple[tuple[str, Kind], ...]:
    return tuple((name, Kind.TEXT) for name in names)


def _yes(true: bool) -> str:  # it is what is said in words
    return "yes" if true else "no"

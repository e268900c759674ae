"""A synthetic region of any number of posts: every kind of rule and of fact, the same each time, made by DuckDB.

DuckDB makes the rows and keeps them, so that it can answer from the very data that is copied into ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Boolean, Column, Date, DateTime, DefaultClause, Float, Integer, Table

import training_tracker.schema
from bench.databases import Plain, PlainPostgres, PlainSqlite
from bench.world import TODAY
from training_tracker.database import Base

assert training_tracker.schema.TABLES

Row = dict[str, Any]

AGENCIES, SECTORS, GROUPS, ROLES, ITEMS = 40, 4, 4, 24, 30
DEPARTMENTS = 8 * AGENCIES
PEOPLE_IN_A_TEAM = 25
MADE_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)

# In the order in which they may be filled.
TABLES = (
    *("partnership", "sector", "role_group", "role", "agency", "agency_partnership", "team", "practitioner", "post"),
    *("absence", "item", "item_version", "acceptance_window", "equivalence"),
    *("expectation", "expectation_version", "expectation_item", "expectation_scope", "exemption", "completion"),
)


@contextmanager
def made(posts: int, file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file with the whole region, all tables but the standings."""
    connection = duckdb.connect(str(file))
    try:
        for name in TABLES:
            connection.execute(_definition(Base.metadata.tables[name]))
        for name, rows in configuration().items():
            columns = list(rows[0])
            connection.executemany(
                f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                [[row[column] for column in columns] for row in rows],
            )
        connection.execute("CREATE MACRO chance(of, thing) AS md5_number_lower(of || ' ' || thing)")
        for statement in _facts(posts):
            connection.execute(statement)
        yield connection
    finally:
        connection.close()


def fill(connection: duckdb.DuckDBPyConnection, plain: Plain, folder: Path) -> None:
    """Copy the region into a database that has the schema and no rows."""
    for name in TABLES:
        kinds = {column: kind for column, kind, *_ in connection.execute(f"DESCRIBE {name}").fetchall()}
        if isinstance(plain, PlainSqlite):
            _fill_sqlite(connection, plain, name, kinds)
        elif isinstance(plain, PlainPostgres):
            file = folder / f"{name}.csv"
            connection.execute(f"COPY {name} TO '{file}' (HEADER false, NULLSTR '')")
            plain.load(name, list(kinds), file)
            file.unlink()
            if "id" in kinds:
                plain.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")


def _fill_sqlite(connection: duckdb.DuckDBPyConnection, plain: PlainSqlite, name: str, kinds: dict[str, str]) -> None:
    written = {"DATE": "{}::VARCHAR", "TIMESTAMP": "strftime({}, '%Y-%m-%d %H:%M:%S.%f')", "BOOLEAN": "{}::INTEGER"}
    columns = ", ".join(written.get(kind, "{}").format(column) for column, kind in kinds.items())
    rows = connection.execute(f"SELECT {columns} FROM {name}")
    statement = f"INSERT INTO {name} ({', '.join(kinds)}) VALUES ({', '.join('?' * len(kinds))})"
    plain.execute("BEGIN")
    while some := rows.fetchmany(10_000):
        plain.connection.executemany(statement, some)
    plain.execute("COMMIT")


def _definition(table: Table) -> str:
    return f"CREATE TABLE {table.name} ({', '.join(_column(column) for column in table.columns)})"


def _column(column: Column[Any]) -> str:
    kinds = ((Boolean, "BOOLEAN"), (Integer, "INTEGER"), (Float, "DOUBLE"), (Date, "DATE"))
    kind = next((word for kind, word in kinds if isinstance(column.type, kind)), "VARCHAR")
    impl = getattr(column.type, "impl", None)
    if isinstance(impl, Integer):
        kind = "INTEGER"
    if isinstance(column.type, DateTime) or isinstance(impl, DateTime):
        kind = "TIMESTAMP"
    default = ""
    if isinstance(column.server_default, DefaultClause):
        said = column.server_default.arg
        default = f" DEFAULT '{said}'" if isinstance(said, str) else f" DEFAULT {said}"
    return f"{column.name} {kind}{default}"


# --- what is expected of whom ---


def configuration() -> dict[str, list[Row]]:
    """Two partnerships and what they and some agencies expect: about eight expectations for each post."""
    kept = {"reason": "", "recorded_at": MADE_AT}
    tables: dict[str, list[Row]] = {
        "partnership": [{"id": n, "code": f"P{n}", "name": f"Partnership {n}"} for n in (1, 2)],
        "sector": [{"id": n, "code": f"S{n}", "name": f"Sector {n}", "statutory": True} for n in _to(SECTORS)],
        "role_group": [{"id": n, "code": f"G{n}", "name": f"Group {n}", "position": n} for n in _to(GROUPS)],
        "role": [
            {"id": n, "code": f"R{n}", "name": f"Role {n}", "sector_id": (n - 1) // 6 + 1, "role_group_id": n % 4 + 1}
            for n in _to(ROLES)
        ],
        "agency": [{"id": n, "name": f"Agency {n}", "sector_id": n % SECTORS + 1} for n in _to(AGENCIES)],
        "agency_partnership": [
            {"id": place, "agency_id": agency, "partnership_id": partnership, "recorded_at": MADE_AT}
            for place, (agency, partnership) in enumerate(
                [*((n, 1) for n in _to(AGENCIES)), *((n, 2) for n in _to(AGENCIES) if n % 5 == 0)], 1
            )
        ],
        "item": [_item(n) for n in _to(ITEMS)],
        "item_version": [
            {"id": place, "item_id": item, "label": str(day), "current_from": day, "recorded_at": MADE_AT}
            for place, (item, day) in enumerate(
                [(29, date(2024, 9, 1)), (29, date(2026, 9, 1)), (30, date(2025, 4, 1))], 1
            )
        ],
        "acceptance_window": [
            {"id": 1, "item_id": 5, "accepted_from": None, "accepted_until": date(2025, 6, 30)} | kept,
            {"id": 2, "item_id": 6, "accepted_from": date(2024, 1, 1), "accepted_until": None} | kept,
        ],
        "equivalence": [
            {"id": place, "item_id": item, "counts_as_id": other, "valid_from": since, "valid_until": None}
            | {"holds": True, "mark": "illustrative", "recorded_at": MADE_AT}
            for place, (item, other, since) in enumerate(
                [(3, 2, None), (2, 1, date(2023, 9, 1)), (9, 8, None), (14, 13, None), (20, 4, date(2024, 4, 1))], 1
            )
        ],
        **{name: [] for name in ("expectation", "expectation_version", "expectation_item", "expectation_scope")},
    }
    for owner, rules in _rules():
        _publish(tables, owner, rules)
    return tables


def _to(number: int) -> range:
    return range(1, number + 1)


def _item(number: int) -> Row:
    blank = dict.fromkeys(("tier", "format", "renewal", "address", "source"), "")
    kind = "resource" if number > 28 else "course"
    return {
        "id": number,
        "code": f"I{number:02}",
        "title": f"Item {number}",
        "kind": kind,
        "participatory": number % 3 == 0,
        "mark": "illustrative",
    } | blank


Owner = tuple[str, int]
PARTNERSHIP: Owner = ("partnership_id", 1)


def _rules() -> Iterator[tuple[Owner, list[Row]]]:
    """For each expectation its owner and its versions: items, scope and whatever differs from the usual."""
    once = {"method": "once", "period_months": None}
    everybody: list[Row] = [
        {"items": [1], "period_months": 36},
        {"items": [4], "period_months": 12, "method": "continuous"},
        {"items": [29], **once, "current_version_only": True},
    ]
    for rule in everybody:
        yield PARTNERSHIP, [rule]
    # Changed once: a shorter period from April 2026 on.
    yield PARTNERSHIP, [{"items": [7], "period_months": 36}, {"items": [7], "effective_from": date(2026, 4, 1)}]
    for group in _to(GROUPS):
        of_group = {"scopes": [{"role_group_id": group}]}
        yield PARTNERSHIP, [{"items": [7 + group, 12], "period_months": 24, "grace_days": 30, **of_group}]
        hours = {"measure": "hours", "amount": 8.0, "period_months": 36, "least_strength": 2 if group == 2 else 1}
        hours["participatory_percent"] = 50 if group == 4 else None
        if group % 2 == 0:
            yield PARTNERSHIP, [{"items": [13, 15, 16, 16 + group], **hours, **of_group}]
    for sector in _to(SECTORS):
        of_sector = {"scopes": [{"sector_id": sector}]}
        cycle = {"method": "cycle", "anchor_on": date(2025, 8, 31), "least_validity_months": 6}
        yield PARTNERSHIP, [{"items": [20 + sector], **cycle, **of_sector}]
        two = {"items": [2, 3, 18 + sector], "amount": 2.0, "period_months": 36}
        if sector % 2 == 0:
            yield PARTNERSHIP, [two | of_sector]
    yield ("partnership_id", 2), [{"items": [25], **once, "first_due_days": 90}]
    for agency in range(2, AGENCIES + 1, 2):
        refreshed = {"items": [26], "refreshers": [27], "refresher_months": 36, "period_months": 24}
        yield ("agency_id", agency), [refreshed]
    for agency in range(3, AGENCIES + 1, 3):
        yield ("agency_id", agency), [{"items": [30], **once, "scopes": [{"role_id": agency % ROLES + 1}]}]
    for department in range(AGENCIES + 1, AGENCIES + DEPARTMENTS + 1, 10):
        agency = (department - AGENCIES - 1) % AGENCIES + 1
        yield ("agency_id", agency), [{"items": [28], "scopes": [{"team_id": department}], "required": False}]
    yield PARTNERSHIP, [{"items": [24], "people_in_setting": 2, "scopes": [{"role_group_id": 1}]}]
    # A twentieth of the posts.
    yield PARTNERSHIP, [{"items": [12], "scopes": [{"agency_id": 7}, {"agency_id": 8}]}]


def _publish(tables: dict[str, list[Row]], owner: Owner, rules: list[Row]) -> None:
    number = len(tables["expectation"]) + 1
    owners: Row = dict.fromkeys(("partnership_id", "agency_id"))
    title = f"Expectation {number}"
    tables["expectation"].append({"id": number, "code": f"E{number:02}", "title": title, **owners, owner[0]: owner[1]})
    for rule in rules:
        parts = {name: rule.get(name, []) for name in ("items", "refreshers")}
        version = len(tables["expectation_version"]) + 1
        columns = {name: value for name, value in rule.items() if name not in {"items", "refreshers", "scopes"}}
        tables["expectation_version"].append(USUAL | {"id": version, "expectation_id": number} | columns)
        tables["expectation_item"] += [
            {"version_id": version, "item_id": item, "refresher": name == "refreshers"}
            for name, items in parts.items()
            for item in items
        ]
        for scope in rule.get("scopes", [{}]):
            place = {"id": len(tables["expectation_scope"]) + 1, "version_id": version}
            tables["expectation_scope"].append(place | ANYWHERE | scope)


ANYWHERE: Row = dict.fromkeys(("agency_id", "sector_id", "role_id", "role_group_id", "team_id"))
USUAL: Row = {
    "effective_from": date(2023, 4, 1),
    "effective_until": None,
    "required": True,
    "target_percent": 90.0,
    "first_due_days": 56,
    "return_notice_days": 30,
    "amount": 1.0,
    "measure": "items",
    "method": "completion",
    "period_months": 12,
    "anchor_on": None,
    "least_validity_months": 0,
    "renewal_window_months": 3,
    "current_version_only": False,
    "least_strength": 1,
    "refresher_months": None,
    "people_in_setting": None,
    "grace_days": 0,
    "participatory_percent": None,
    "source": "",
    "rationale": "",
    "mark": "illustrative",
    "published_at": MADE_AT,
    "published_by": "bench",
    "withdrawn_at": None,
}


# --- who works where, and what they have done ---


def _facts(posts: int) -> Iterator[str]:
    """The many rows. Each takes its chances from a number that is the MD5 of what it is."""
    people = max(posts * 19 // 20, 1)
    teams = max(posts // PEOPLE_IN_A_TEAM, 1)
    top, first = AGENCIES, AGENCIES + DEPARTMENTS + 1
    made_at, today = f"TIMESTAMP '{MADE_AT:%Y-%m-%d %H:%M:%S}'", f"DATE '{TODAY}'"
    yield f"INSERT INTO team (id, agency_id, name) SELECT n, n, 'Agency ' || n FROM range(1, {top + 1}) t(n)"
    yield f"""
        INSERT INTO team (id, agency_id, parent_id, name)
        SELECT n, (n - {top + 1}) % {AGENCIES} + 1, (n - {top + 1}) % {AGENCIES} + 1, 'Department ' || n
        FROM range({top + 1}, {first}) t(n)"""
    yield f"""
        INSERT INTO team (id, agency_id, parent_id, name)
        SELECT n, d.agency_id, d.id, 'Team ' || n
        FROM range({first}, {first + teams}) t(n) JOIN team d ON d.id = {top + 1} + n % {DEPARTMENTS}"""
    yield f"""
        INSERT INTO practitioner (id, name, email)
        SELECT n, 'Person ' || n, 'person' || n || '@agency.example' FROM range(1, {people + 1}) t(n)"""
    # Every twentieth post is somebody's second; one in fifty has no known start, one in twenty has ended.
    yield f"""
        INSERT INTO post (id, practitioner_id, team_id, role_id, started_on, ended_on, recorded_at, recorded_by)
        SELECT drawn.id, practitioner_id, team_id, (sector_id - 1) * 6 + 1 + chance // 50 % 6,
          CASE WHEN chance % 50 <> 0 THEN started_on END,
          CASE WHEN chance // 7 % 20 = 0 THEN started_on + (chance // 400 % 2000)::INTEGER END, {made_at}, 'bench'
        FROM (
          SELECT n AS id, CASE WHEN n <= {people} THEN n ELSE (n - {people}) * 7 % {people} + 1 END AS practitioner_id,
            {first} + chance('team', n) % {teams} AS team_id, chance('post', n) AS chance,
            {today} - (chance('start', n) % 4000)::INTEGER AS started_on
          FROM range(1, {posts + 1}) t(n)) drawn
        JOIN team ON team.id = team_id JOIN agency ON agency.id = team.agency_id"""
    yield f"""
        INSERT INTO absence (id, post_id, starts_on, ends_on, recorded_at, recorded_by, withdrawn_at)
        SELECT row_number() OVER (ORDER BY n), n, starts_on,
          CASE WHEN chance // 9 % 10 <> 0 THEN starts_on + (30 + chance // 90 % 300)::INTEGER END, {made_at}, 'bench',
          CASE WHEN chance // 900 % 10 = 0 THEN {made_at} END
        FROM (
          SELECT n, chance('leave', n) AS chance, {today} - (chance('away', n) % 700)::INTEGER + 200 AS starts_on
          FROM range(1, {posts + 1}) t(n)) drawn
        WHERE chance % 25 = 0"""
    yield f"""
        INSERT INTO exemption (id, post_id, expectation_id, starts_on, until, reason, granted_by, granted_at)
        SELECT row_number() OVER (ORDER BY n), n, 1 + chance // 50 % 12, {today} - 100, {today} + 200, '',
          'bench', {made_at}
        FROM (SELECT n, chance('exempt', n) AS chance FROM range(1, {posts + 1}) t(n)) drawn
        WHERE chance % 50 = 0"""
    # Twelve for each post, one in every four months.
    yield f"""
        INSERT INTO completion (id, practitioner_id, item_id, completed_on, hours, evidence, source, strength,
          recorded_at, recorded_by, voided_at, voided_by, void_reason)
        SELECT (n - 1) * {COMPLETIONS} + k + 1, n,
          1 + chance % {ITEMS}, {today} - (k * 120 + chance // 900 % 120)::INTEGER,
          CASE WHEN chance // 110000 % 10 <> 0 THEN (1 + chance // 1100000 % 12) / 2.0 END, '', '',
          CASE WHEN chance // 13000000 % 7 <> 0 THEN 4 ELSE 1 END, {made_at}, 'bench',
          CASE WHEN chance // 100000000 % 50 = 0 THEN {made_at} END, NULL,
          CASE WHEN chance // 100000000 % 50 = 0 THEN 'A mistake' END
        FROM (
          SELECT n, k, chance('completion', n * 100 + k) AS chance
          FROM range(1, {people + 1}) t(n), range({COMPLETIONS}) d(k)) drawn
        WHERE k < {COMPLETIONS} - 1 OR n % 3 <> 0"""


# For each person, who has a little more than one post.
COMPLETIONS = 13

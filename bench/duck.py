"""What DuckDB answers: the same standings, and the questions asked of them, in statements written by hand for it."""

from datetime import date, timedelta
from typing import Any

import duckdb

from bench.by_hand import COLUMNS, standings
from training_tracker.calendar import add_months

Row = tuple[Any, ...]


def rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    names = ", ".join(f"{column}" for column in COLUMNS.split(", "))
    connection.execute(f"CREATE OR REPLACE TABLE standing AS SELECT * FROM ({standings('duckdb')}) s({names})")
    connection.execute("CHECKPOINT")


def uptake(connection: duckdb.DuckDBPyConnection, on: date) -> list[Row]:
    """By agency and expectation: people, those measured, those who met it and not, and posts by status.

    No agency of the region is to send anything, so nothing is unknown.
    """
    words = ("compliant", "due soon", "in grace", "overdue", "not yet due", "undated", "exempt", "on leave", "unknown")
    posts = ", ".join(f"count(*) FILTER (status = '{word}')" for word in words)
    return connection.execute(
        f"""
        WITH read AS ({_read(on)})
        SELECT a.name, e.code, count(DISTINCT r.practitioner_id),
          count(DISTINCT r.practitioner_id) FILTER (status IN ('compliant', 'due soon', 'in grace', 'overdue')),
          count(DISTINCT r.practitioner_id) FILTER (status IN ('compliant', 'due soon', 'in grace')),
          count(DISTINCT r.practitioner_id) FILTER (status = 'overdue'), {posts}
        FROM read r
        JOIN expectation_version v ON v.id = r.version_id AND v.people_in_setting IS NULL
        JOIN expectation e ON e.id = r.expectation_id
        JOIN team t ON t.id = r.team_id JOIN agency a ON a.id = t.agency_id
        GROUP BY ALL ORDER BY ALL"""
    ).fetchall()


def due(connection: duckdb.DuckDBPyConnection, day: date) -> list[Row]:
    """What falls due on a day: post, expectation version and status."""
    return connection.execute(
        f"SELECT post_id, version_id, status FROM ({_read(day)}) WHERE due_on = ? ORDER BY ALL", [day]
    ).fetchall()


def forecast(connection: duckdb.DuckDBPyConnection, on: date, months: int) -> list[Row]:
    """By month and item: people, those without a choice, and posts."""
    last_day = add_months(on.replace(day=1), months) - timedelta(days=1)
    return connection.execute(
        """
        WITH size AS (SELECT version_id, count(*) AS members FROM expectation_item GROUP BY version_id)
        SELECT date_trunc('month', s.due_on)::DATE, i.code, count(DISTINCT p.practitioner_id),
          count(DISTINCT p.practitioner_id) FILTER (members = 1 OR v.measure = 'items' AND v.amount >= members),
          count(DISTINCT p.id)
        FROM standing s
        JOIN post p ON p.id = s.post_id
        JOIN expectation_version v ON v.id = s.version_id AND v.required AND v.people_in_setting IS NULL
        JOIN size ON size.version_id = v.id
        JOIN expectation_item x ON x.version_id = v.id
        JOIN item i ON i.id = x.item_id
        WHERE s.due_on BETWEEN $on AND $last_day AND s.due_on <= s.in_force_until
          AND (i.id NOT IN (SELECT item_id FROM acceptance_window) OR EXISTS (
            SELECT 1 FROM acceptance_window w WHERE w.item_id = i.id
              AND s.due_on BETWEEN coalesce(w.accepted_from, s.due_on) AND coalesce(w.accepted_until, s.due_on)))
          AND NOT EXISTS (
            SELECT 1 FROM exemption x WHERE x.post_id = s.post_id AND x.expectation_id = s.expectation_id
              AND s.due_on BETWEEN x.starts_on AND x.until AND x.withdrawn_at IS NULL)
          AND NOT EXISTS (
            SELECT 1 FROM absence l WHERE l.post_id = s.post_id AND l.withdrawn_at IS NULL
              AND s.due_on BETWEEN l.starts_on AND coalesce(l.ends_on, s.due_on))
        GROUP BY ALL ORDER BY ALL""",
        {"on": on, "last_day": last_day},
    ).fetchall()


def _read(on: date) -> str:
    day = f"DATE '{on}'"
    return f"""
        SELECT s.*, p.practitioner_id, p.team_id,
          CASE
            WHEN x.post_id IS NOT NULL THEN 'exempt'
            WHEN l.post_id IS NOT NULL THEN 'on leave'
            WHEN met_from IS NOT NULL AND coalesce(met_until, {day}) >= {day} AND renewal_opens_on <= {day}
              THEN 'due soon'
            WHEN met_from IS NOT NULL AND coalesce(met_until, {day}) >= {day} THEN 'compliant'
            WHEN due_on IS NULL THEN 'undated'
            WHEN due_on >= {day} THEN 'not yet due'
            WHEN grace_until >= {day} THEN 'in grace'
            ELSE 'overdue' END AS status
        FROM standing s
        JOIN post p ON p.id = s.post_id
        LEFT JOIN (SELECT DISTINCT post_id, expectation_id FROM exemption
          WHERE {day} BETWEEN starts_on AND until AND withdrawn_at IS NULL) x
          ON x.post_id = s.post_id AND x.expectation_id = s.expectation_id
        LEFT JOIN (SELECT DISTINCT post_id FROM absence
          WHERE {day} BETWEEN starts_on AND coalesce(ends_on, {day}) AND withdrawn_at IS NULL) l
          ON l.post_id = s.post_id
        WHERE {day} BETWEEN s.in_force_from AND s.in_force_until"""

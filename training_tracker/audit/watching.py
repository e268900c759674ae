"""Which tables the audit trail watches, and the triggers that do: what changes a row writes its entry, whoever asks.

Triggers, and not the functions that write facts, since an import, a statement over many rows and a command typed into
the database are all the same to them: no change is forgotten.
"""

from collections.abc import Iterator

from sqlalchemy import JSON, Column, Connection, Table, text

from training_tracker.audit.models import AuditAct, AuditEntry
from training_tracker.database import ACT, ACT_FUNCTION, Base

# What can be told from the facts again, what is only on its way, and what others keep: no record of anybody's doing.
NOT_WATCHED = {
    "agency_history": "what the trail says too",
    "audit_act": "the trail itself",
    "audit_entry": "the trail itself",
    "campaign_recipient": "whom a message goes to, and that they read it",
    "confirmation": "what has been written to people",
    "escalation": "what has been written to people",
    "evidence_file": "certificates; that one came or went is told",
    "item_history": "what the trail says too",
    "job_run": "the scheduler's own",
    "mail_server_state": "the scheduler's own",
    "message": "what has been written to people",
    "passport_entry": "what a passport shows; that it was made, and each look at it, is told",
    "post_history": "what the trail says too",
    "provider_visit": "secrets, for ten minutes",
    "publication": "worked out from the facts, and only added to",
    "published_figure": "worked out from the facts, and only added to",
    "published_number": "worked out from the facts, and only added to",
    "recorded_too": "an agency reads its trail, and would read in it that another has recorded the same",
    "recovery_code": "secrets; how many are left is told with the second step",
    "refusal": "what mail servers say",
    "rejected_login": "what mail servers say",
    "reminder": "what has been written to people",
    "reminder_decision": "what has been written to people",
    "role_history": "what the trail says too",
    "second_step_key": "secrets; that they were set up is told with the second step",
    "service_token_use": "that a token was used is no change; what is done with it is told",
    "sign_in": "secrets, for a quarter of an hour",
    "sign_in_try": "a count, for a day",
    "spreadsheet": "what it brought is told, as its sender's act",
    "spreadsheet_file": "spreadsheets on their way; what they brought is told",
    "standing": "worked out from the facts",
    "standing_news": "worked out from the facts",
    "summary_teams": "what has been written to people",
    "team_history": "what the trail says too",
    "undeliverable_address": "what mail servers say",
    "web_session": "secrets; that somebody signed in is written by who lets them in",
    "welcome": "what has been written to people",
}

# So many triggers each of these tables has.
TRIGGERS = {"sqlite": 3, "postgresql": 4}
OF_THE_TRAIL = 2  # on PostgreSQL
# The tables of the trail, and what must not be there twice: to put a row in place of another is to change it.
TRAIL = {AuditAct.__tablename__: ("number", "act_id"), AuditEntry.__tablename__: ("id",)}

# On PostgreSQL.
CURRENT_ACT = f"CAST(nullif(current_setting('{ACT}', true), '') AS bigint)"
OF_POST = "(SELECT {} FROM post p JOIN team t ON t.id = p.team_id WHERE p.id = {}.post_id)"


def watched() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in NOT_WATCHED]


def record_id(table: Table, row: str) -> str:
    """SQL for what a row is called in the trail: its key, in parts if it has several."""
    return " || '/' || ".join(f'CAST({row}."{column.name}" AS TEXT)' for column in table.primary_key)


def contents(table: Table, row: str, dialect: str) -> str:
    """SQL for a row as the trail keeps it."""
    if dialect == "postgresql":
        return f"CAST(to_jsonb({row}) AS TEXT)"
    return "json_object(" + ", ".join(f"'{column.name}', {row}.{_quoted(column)}" for column in table.columns) + ")"


def watch(connection: Connection) -> None:
    """Make the triggers; those there were are gone before (:func:`stop_watching`)."""
    dialect = connection.dialect.name
    for kept in TRAIL:
        for statement in (_kept_on_postgresql if dialect == "postgresql" else _kept_on_sqlite)(kept):
            connection.execute(text(statement))
    for table in watched():
        for statement in (_on_postgresql if dialect == "postgresql" else _on_sqlite)(table):
            connection.execute(text(statement))


def stop_watching(connection: Connection) -> None:
    """Take the triggers away, as a change to the tables needs; nothing is refused if there are none."""
    if connection.dialect.name == "postgresql":
        functions = connection.scalars(
            text(
                "SELECT proname FROM pg_proc WHERE pronamespace = CAST('public' AS regnamespace)"
                " AND proname LIKE 'audit\\_%'"
            )
        )
        for function in functions.all():
            connection.execute(text(f'DROP FUNCTION "{function}" CASCADE'))
        return
    triggers = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"))
    for trigger in triggers.all():
        connection.execute(text(f'DROP TRIGGER "{trigger}"'))


def unwatched(connection: Connection) -> list[str]:
    """The watched tables, and those of the trail, that have lost their triggers."""
    if connection.dialect.name == "postgresql":
        found = connection.scalars(
            text(
                "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE t.tgname LIKE 'audit\\_%' AND t.tgenabled IN ('O', 'A')"
                " GROUP BY c.relname HAVING count(*) ="
                f" CASE WHEN c.relname LIKE 'audit\\_%' THEN {OF_THE_TRAIL} ELSE {TRIGGERS['postgresql']} END"
            )
        )
    else:
        found = connection.scalars(
            text(
                "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"
                f" GROUP BY tbl_name HAVING count(*) = {TRIGGERS['sqlite']}"
            )
        )
    there = set(found)
    return sorted({*(table.name for table in watched()), *TRAIL} - there)


def _whom(table: Table, row: str) -> str:
    if table.name == "practitioner":
        return f"{row}.id"
    if "practitioner_id" in table.c:
        return f"{row}.practitioner_id"
    return OF_POST.format("practitioner_id", row) if "post_id" in table.c else "NULL"


def _whose(table: Table, row: str) -> str:
    if table.name == "agency":
        return f"{row}.id"
    if "agency_id" in table.c:
        return f"{row}.agency_id"
    if "post_id" in table.c:
        return OF_POST.format("agency_id", row)
    if "team_id" in table.c:
        return f"(SELECT t.agency_id FROM team t WHERE t.id = {row}.team_id)"
    if "expectation_id" in table.c:
        return f"(SELECT e.agency_id FROM expectation e WHERE e.id = {row}.expectation_id)"
    if "version_id" in table.c:
        return (
            "(SELECT e.agency_id FROM expectation e JOIN expectation_version v ON v.expectation_id = e.id"
            f" WHERE v.id = {row}.version_id)"
        )
    return "NULL"


ENTRY = "INSERT INTO audit_entry (act_id, record, record_id, practitioner_id, agency_id, action, before, after)"


def _on_sqlite(table: Table) -> Iterator[str]:
    changed = " OR ".join(f"OLD.{_quoted(c)} IS NOT NEW.{_quoted(c)}" for c in table.columns)
    was, became = (contents(table, row, "sqlite") for row in ("OLD", "NEW"))
    for when, row, action, before, after, only in (
        ("INSERT", "NEW", "added", "NULL", became, ""),
        ("UPDATE", "NEW", "changed", was, became, f" WHEN {changed}"),
        ("DELETE", "OLD", "removed", was, "NULL", ""),
    ):
        yield (
            f'CREATE TRIGGER audit_{table.name}_{when.lower()} AFTER {when} ON "{table.name}"{only}'
            f" BEGIN {ENTRY} VALUES ({ACT_FUNCTION}(), '{table.name}', {record_id(table, row)},"
            f" {_whom(table, row)}, {_whose(table, row)}, '{action}', {before}, {after}); END"
        )


def _on_postgresql(table: Table) -> Iterator[str]:
    """Once for each statement, which costs far less than once for each row."""
    was, became = (contents(table, row, "postgresql") for row in ("o", "n"))
    same = " AND ".join(f"o.{_quoted(column)} = n.{_quoted(column)}" for column in table.primary_key)
    # JSON cannot be compared as it is.
    of_json = any(isinstance(column.type, JSON) for column in table.columns)
    other = "to_jsonb(o) IS DISTINCT FROM to_jsonb(n)" if of_json else "o IS DISTINCT FROM n"

    def entries(row: str, action: str, before: str, after: str, rows: str) -> str:
        return (
            f"{ENTRY} SELECT {CURRENT_ACT}, '{table.name}',"
            f" {record_id(table, row)}, {_whom(table, row)}, {_whose(table, row)}, '{action}', {before}, {after}"
            f" FROM {rows};"
        )

    yield (
        # The same zone whoever asks, since moments are kept as text.
        f"CREATE FUNCTION audit_{table.name}() RETURNS trigger LANGUAGE plpgsql SET timezone = 'UTC' AS $$ BEGIN"
        f" IF TG_OP = 'INSERT' THEN {entries('n', 'added', 'NULL', became, 'became n')}"
        f" ELSIF TG_OP = 'UPDATE' THEN"
        f" {entries('n', 'changed', was, became, f'was o JOIN became n ON {same} WHERE {other}')}"
        # A row whose key is another is another row.
        f" {entries('o', 'removed', was, 'NULL', f'was o WHERE NOT EXISTS (SELECT 1 FROM became n WHERE {same})')}"
        f" {entries('n', 'added', 'NULL', became, f'became n WHERE NOT EXISTS (SELECT 1 FROM was o WHERE {same})')}"
        f" ELSE {entries('o', 'removed', was, 'NULL', 'was o')} END IF; RETURN NULL; END $$"
    )
    for when, rows in (
        ("INSERT", "NEW TABLE AS became"),
        ("UPDATE", "OLD TABLE AS was NEW TABLE AS became"),
        ("DELETE", "OLD TABLE AS was"),
    ):
        yield (
            f'CREATE TRIGGER audit_{table.name}_{when.lower()} AFTER {when} ON "{table.name}" REFERENCING {rows}'
            f" FOR EACH STATEMENT EXECUTE FUNCTION audit_{table.name}()"
        )
    # Which tells nobody what there was.
    yield (
        f'CREATE TRIGGER audit_{table.name}_truncate BEFORE TRUNCATE ON "{table.name}"'
        f" FOR EACH STATEMENT EXECUTE FUNCTION audit_kept_{AuditEntry.__tablename__}()"
    )


ONLY_ADDED_TO = "the audit trail is only added to"
# The line in which an act says what it erases of the trail, and what of an act or a line it may.
REDACTION = "redaction"
MAY_BE_REDACTED = {"by", "origin", "record_id", "before", "after"}


def _is_no_redaction(table: str, act: str, differs: str) -> str:
    """SQL for whether a change of a row of the trail is refused: all but what is erased by an act that says so."""
    columns = (column for column in Base.metadata.tables[table].columns if column.name not in MAY_BE_REDACTED)
    other = " OR ".join(f"OLD.{_quoted(column)} {differs} NEW.{_quoted(column)}" for column in columns)
    # By its key: an act that erases has thousands of other lines, and this is asked for each that it changes.
    said = (
        f"SELECT 1 FROM audit_entry e WHERE e.record = '{REDACTION}' AND e.record_id = CAST({act} AS TEXT)"
        f" AND +e.act_id = {act}"  # which keeps SQLite from going through all of them
    )
    return f"{other} OR NOT EXISTS ({said})"


def _kept_on_sqlite(table: str) -> Iterator[str]:
    there = " OR ".join(f"{name} = NEW.{name}" for name in TRAIL[table])
    for when, only in (
        ("INSERT", f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {there})"),
        ("UPDATE", f" WHEN {_is_no_redaction(table, f'{ACT_FUNCTION}()', 'IS NOT')}"),
        ("DELETE", ""),
    ):
        yield (
            f"CREATE TRIGGER audit_kept_{table}_{when.lower()} BEFORE {when} ON {table}{only}"
            f" BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED_TO}'); END"
        )


def _kept_on_postgresql(table: str) -> Iterator[str]:
    refuse = f"RAISE EXCEPTION '{ONLY_ADDED_TO}'"
    yield (f"CREATE FUNCTION audit_kept_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse}; END $$")
    yield (
        f"CREATE TRIGGER audit_kept_{table} BEFORE DELETE OR TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION audit_kept_{table}()"
    )
    yield (
        f"CREATE FUNCTION audit_redacted_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {_is_no_redaction(table, CURRENT_ACT, 'IS DISTINCT FROM')} THEN {refuse}; END IF; RETURN NEW; END $$"
    )
    yield (
        f"CREATE TRIGGER audit_redacted_{table} BEFORE UPDATE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_redacted_{table}()"
    )


def _quoted(column: "Column[object]") -> str:
    return f'"{column.name}"'

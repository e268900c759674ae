"""The second wall: PostgreSQL itself lets a page read no more than the rows of its reader's agencies and their own.

The first is each query's own filter (:mod:`training_tracker.access.actor`); this one stands where a query forgets it.
A page reads as a role that owns nothing and cannot sign in, to which a policy of each table says which rows are there.
Who owns the tables is not confined: jobs, commands and all that is written see every row, and pay nothing for this.

Why it is built as it is: docs/decisions/rows-are-confined-twice.md.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose rows are there for somebody: those of the people of these agencies, and their own."""

    agencies: tuple[int, ...] = ()
    practitioner_id: int | None = None


# Each is worked out once for a statement, not once for a row. What another table has to say is asked of it past the
# wall, since two policies cannot ask each other.
ME = "(SELECT wall_person())"
AGENCIES = "IN (SELECT unnest(wall_agencies()))"
HOME = "IN (SELECT unnest(wall_home()))"
TEAMS = "IN (SELECT unnest(wall_teams()))"

OWN = f"practitioner_id = {ME}"
OF_AGENCY = f"agency_id {AGENCIES}"
# What an agency's people may know of it, whoever of it they see: those who work or worked there too.
OF_HOME = f"agency_id {HOME}"
OF_TEAM = f"team_id {TEAMS}"
# The rows of post that these find are those that its own policy leaves.
OF_POST = "EXISTS (SELECT 1 FROM post p WHERE p.id = {table}.post_id)"
OF_PERSON = "EXISTS (SELECT 1 FROM post p WHERE p.practitioner_id = {table}.{column})"


def _of_post(table: str) -> str:
    return OF_POST.format(table=table)


def _of_person(table: str, column: str = "practitioner_id") -> str:
    return f"{column} = {ME} OR {OF_PERSON.format(table=table, column=column)}"


# Which rows of a table are there, in SQL.
CONFINED = {
    "absence": _of_post("absence"),
    "agency_ladder": OF_HOME,
    "agency_retention": OF_AGENCY,
    # Who did something, from where: there with what they did.
    "audit_act": f"{OWN} OR EXISTS (SELECT 1 FROM audit_entry e WHERE e.act_id = audit_act.act_id)",
    "audit_entry": f"{OWN} OR {OF_AGENCY} OR (agency_id IS NULL AND "
    + OF_PERSON.format(table="audit_entry", column="practitioner_id")
    + ")",
    "calendar_feed": OWN,
    "campaign": f"agency_id IS NULL OR {OF_AGENCY}"
    " OR EXISTS (SELECT 1 FROM campaign_recipient r WHERE r.campaign_id = campaign.id)",
    "campaign_recipient": f"{OWN} OR campaign_id IN (SELECT unnest(wall_campaigns()))",
    # What somebody completed counts at each of their agencies, wherever it was recorded.
    "completion": _of_person("completion"),
    "confirmation": "EXISTS (SELECT 1 FROM completion c WHERE c.id = confirmation.completion_id)",
    "delegation": f"{OWN} OR manager_id = {ME}",
    "dispute": _of_person("dispute"),
    "employee_number": f"{OWN} OR {OF_AGENCY}",
    "escalation": f"manager_id = {ME} OR {_of_post('escalation')}",
    # Who may confirm it reads it, and whoever the person shows all of their record.
    "evidence": _of_person("evidence"),
    "evidence_file": _of_person("evidence_file"),
    "exemption": _of_post("exemption"),
    "extension": _of_post("extension"),
    "feed": OF_HOME,
    "feed_receipt": OF_HOME,
    "grant": f"{OWN} OR {OF_AGENCY}",
    "identity": OWN,
    "letter_wording": OF_HOME,
    # Its key says for whom it is.
    "message": f"split_part(key, ':', 2) = CAST({ME} AS text)"
    " OR EXISTS (SELECT 1 FROM campaign_recipient r WHERE r.message_id = message.id)",
    # Whoever has the code reads past the wall.
    "passport": OWN,
    "passport_entry": OWN,
    "passport_look": OWN,
    # When somebody was nudged last is told to whoever else would.
    "nudge": _of_person("nudge"),
    "post": f"{OWN} OR {OF_TEAM}",
    "post_history": f"{OWN} OR {OF_TEAM}",
    "practitioner": f"{_of_person('practitioner', 'id')} OR id IN (SELECT unnest(wall_named()))",
    "record_shown": f"{OWN} OR {OF_AGENCY}",
    # Whoever reads it reads that another agency has recorded the same.
    "recorded_too": OWN,
    "reminder": _of_post("reminder"),
    "reminder_decision": OWN,
    "resource_use": OWN,
    "second_step": OWN,
    "snooze": f"{OWN} OR manager_id = {ME}",
    "spreadsheet": OF_AGENCY,
    "spreadsheet_file": "EXISTS (SELECT 1 FROM spreadsheet s WHERE s.id = spreadsheet_file.spreadsheet_id)",
    "standing": _of_post("standing"),
    "team": OF_HOME,
    "team_deputy": f"{OWN} OR {OF_TEAM}",
    "team_history": "EXISTS (SELECT 1 FROM team t WHERE t.id = team_history.team_id)",
    "team_manager": f"{OWN} OR {OF_TEAM}",
    "undeliverable_address": "EXISTS (SELECT 1 FROM practitioner p WHERE p.email = undeliverable_address.address)",
    "web_session": OWN,
    "welcome": _of_post("welcome"),
}

# Every row is there for everybody.
OPEN = {
    **dict.fromkeys(
        ("agency", "agency_alias", "agency_history", "agency_partnership", "partnership"), "names of organisations"
    ),
    **dict.fromkeys(
        ("sector", "sector_alias", "role", "role_alias", "role_group", "role_history"), "names of kinds of work"
    ),
    **dict.fromkeys(
        ("item", "item_alias", "item_change", "item_history", "item_priority", "item_version", "priority"),
        "the catalogue",
    ),
    **dict.fromkeys(("acceptance_window", "equivalence", "prerequisite"), "what counts as what: no people"),
    **dict.fromkeys(
        ("expectation", "expectation_item", "expectation_scope", "expectation_version"), "rules: no people"
    ),
    **dict.fromkeys(
        ("publication", "published_figure", "published_number"),
        "figures as they were published, small numbers suppressed",
    ),
    "places_offered": "what a partnership offers: no people",
    "identity_provider": "names of directories; their secrets are settings",
}

# No row is there: no page has to do with it once somebody is signed in.
SHUT = {
    **dict.fromkeys(
        ("sign_in", "sign_in_try", "provider_visit", "identity_domain"), "read before anybody is signed in"
    ),
    **dict.fromkeys(("recovery_code", "second_step_key"), "secrets"),
    **dict.fromkeys(("service_token", "service_token_use"), "read before it is known which system comes"),
    **dict.fromkeys(("job_run", "standing_news", "summary_teams"), "read by jobs"),
    **dict.fromkeys(("mail_server_state", "refusal", "rejected_login"), "read by whatever delivers"),
}

FUNCTIONS = {
    "wall_person() RETURNS integer": "CAST(nullif(current_setting('tracker.person', true), '') AS integer)",
    "wall_agencies() RETURNS integer[]": "CAST(nullif(current_setting('tracker.agencies', true), '') AS integer[])",
}
# Past the wall, as the tables' owner.
PAST_THE_WALL = {
    "wall_home() RETURNS integer[]": "array(SELECT unnest(wall_agencies()) UNION"
    " SELECT t.agency_id FROM post p JOIN team t ON t.id = p.team_id WHERE p.practitioner_id = wall_person())",
    "wall_teams() RETURNS integer[]": "array(SELECT id FROM team WHERE agency_id = ANY (wall_agencies()))",
    "wall_campaigns() RETURNS integer[]": "array(SELECT id FROM campaign WHERE agency_id = ANY (wall_agencies()))",
    # Who had to do with one's own record, or recorded what one is asked to decide about: their names are read wherever
    # they work.
    "wall_named() RETURNS integer[]": "array(WITH own AS (SELECT id FROM post WHERE practitioner_id = wall_person())"
    " SELECT manager_id FROM snooze WHERE practitioner_id = wall_person()"
    " UNION SELECT manager_id FROM escalation WHERE post_id IN (SELECT id FROM own)"
    " UNION SELECT id FROM practitioner WHERE email IN ("
    "SELECT recorded_by FROM absence WHERE post_id IN (SELECT id FROM own)"
    " UNION SELECT granted_by FROM exemption WHERE post_id IN (SELECT id FROM own)"
    " UNION SELECT lower(c.recorded_by) FROM dispute d JOIN completion c ON c.practitioner_id = d.practitioner_id"
    " AND c.item_id = d.item_id AND c.completed_on = d.completed_on"
    " WHERE d.practitioner_id = wall_person() OR d.agency_id = ANY (wall_agencies())))",
}

# Kept with the wall, so that one that was built from other words than these is found out.
WORDS = hashlib.sha256(repr((CONFINED, OPEN, FUNCTIONS, PAST_THE_WALL)).encode()).hexdigest()

# After the database, since roles are the server's: whoever has another database there must not read this one by it.
ROLE = "left(current_database(), 54) || '_confined'"


def confine(connection: Connection, sight: Sight) -> None:
    """Up to the end of the transaction only these rows are there. One statement; nothing where the wall does not
    stand."""
    if connection.dialect.name == "postgresql":
        agencies = f"{{{','.join(map(str, sight.agencies))}}}"
        connection.execute(CONFINE, {"agencies": agencies, "person": str(sight.practitioner_id or "")})


CONFINE = text("SELECT wall_confine(:agencies, :person)")


def build(connection: Connection) -> None:
    """Build the wall, in the transaction that made the newest tables; what there was of it is gone before.

    Where the login may not make the role, nor has it, pages read as its owner does, and :func:`gaps` says so.
    """
    if connection.dialect.name != "postgresql":
        return
    for signature, value in FUNCTIONS.items():
        connection.execute(
            text(f"CREATE FUNCTION {signature} LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT {value} $$")
        )
    for signature, value in PAST_THE_WALL.items():
        connection.execute(
            text(
                f"CREATE FUNCTION {signature} LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER"
                f" SET search_path = public, pg_temp AS $$ SELECT {value} $$"
            )
        )
    role = _role(connection)
    _make_confine(connection, role)
    if role is None:
        return
    named = _quoted(role)
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {named}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {named}"))
    readable = ", ".join(map(_quoted, [*CONFINED, *OPEN]))
    connection.execute(text(f"GRANT SELECT ON {readable} TO {named}"))
    for table, condition in CONFINED.items():
        connection.execute(text(f"ALTER TABLE {_quoted(table)} ENABLE ROW LEVEL SECURITY"))
        connection.execute(text(f"CREATE POLICY wall ON {_quoted(table)} FOR SELECT TO {named} USING ({condition})"))


def take_down(connection: Connection) -> None:
    """Take the wall away, as a change to the tables needs; nothing is refused if there is none."""
    if connection.dialect.name != "postgresql":
        return
    for (table,) in connection.execute(text(f"SELECT c.relname {OUR_POLICIES}")).all():
        connection.execute(text(f"DROP POLICY wall ON {_quoted(table)}"))
        connection.execute(text(f"ALTER TABLE {_quoted(table)} DISABLE ROW LEVEL SECURITY"))
    functions = "SELECT CAST(oid AS regprocedure) FROM pg_proc WHERE pronamespace = CAST('public' AS regnamespace)"
    for function in connection.scalars(text(f"{functions} AND proname LIKE 'wall\\_%'")).all():
        connection.execute(text(f"DROP FUNCTION {function}"))


OUR_POLICIES = "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.polname = 'wall'"


def gaps(connection: Connection) -> list[str]:
    """What keeps the wall from standing, in words; nothing where it stands, and on SQLite, which has none."""
    if connection.dialect.name != "postgresql":
        return []
    role = connection.scalar(
        text(f"SELECT r.rolname FROM pg_roles r WHERE r.oid IN (SELECT unnest(p.polroles) {OUR_POLICIES}) LIMIT 1")
    )
    if role is None or not _held(connection, role):
        return [f"there is no role {role or connection.scalar(text(f'SELECT {ROLE}'))} that this login may take"]
    words = "SELECT obj_description(to_regprocedure('wall_confine(text, text)'), 'pg_proc')"
    if connection.scalar(text(words)) != WORDS:
        return ["it was built by another version of the program"]
    tables = connection.execute(
        text(
            "SELECT c.relname, pg_has_role(c.relowner, 'USAGE') AS own FROM pg_class c"
            " WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind = 'r' AND (CASE"
            " WHEN c.relname = ANY (:confined) THEN NOT pg_has_role(c.relowner, 'USAGE') OR NOT c.relrowsecurity"
            f" OR c.oid NOT IN (SELECT p.polrelid {OUR_POLICIES})"
            " ELSE c.relname <> ALL (:open) AND has_table_privilege(:role, c.oid, 'SELECT') END) ORDER BY c.relname"
        ),
        {"confined": list(CONFINED), "open": list(OPEN), "role": role},
    ).all()
    return [f"{name} {'can be read whole' if own else 'belongs to another login'}" for name, own in tables]


def lines_for_an_administrator(connection: Connection) -> list[str]:
    """What lets the wall be built by the next ``migrate``, where the login may not make the role itself; else none."""
    if _may_have_role(connection):
        return []
    role, login = connection.execute(text(f"SELECT {ROLE}, current_user")).one()
    return [f"CREATE ROLE {_quoted(role)} NOLOGIN;", f"GRANT {_quoted(role)} TO {_quoted(login)};"]


def _role(connection: Connection) -> str | None:
    """The role as which pages read, made if need be; None where the login can neither make it nor take it."""
    if not _may_have_role(connection):
        return None
    role: str = connection.execute(text(f"SELECT {ROLE}")).scalar_one()
    if _held(connection, role) is None:
        connection.execute(text(f"CREATE ROLE {_quoted(role)} NOLOGIN"))
        connection.execute(text(f"GRANT {_quoted(role)} TO CURRENT_USER"))
    return role


def _may_have_role(connection: Connection) -> bool:
    held = _held(connection, connection.execute(text(f"SELECT {ROLE}")).scalar_one())
    if held is None:
        may_make = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        return bool(connection.scalar(text(may_make)))
    return held


def _held(connection: Connection, role: str) -> bool | None:
    """Whether the login may take a role; None if there is none."""
    member = text("SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = :role")
    held: bool | None = connection.scalar(member, {"role": role})
    return held


def _make_confine(connection: Connection, role: str | None) -> None:
    taken = f", set_config('role', {_literal(role)}, true)" if role else ""
    connection.execute(
        text(
            "CREATE FUNCTION wall_confine(agencies text, person text) RETURNS void LANGUAGE sql AS $$"
            " SELECT set_config('tracker.agencies', agencies, true), set_config('tracker.person', person, true),"
            # A page's statements are short, and with the policies look expensive enough to be compiled.
            f" set_config('jit', 'off', true){taken} $$"
        )
    )
    connection.execute(text(f"COMMENT ON FUNCTION wall_confine(text, text) IS '{WORDS}'"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"

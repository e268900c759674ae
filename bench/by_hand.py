"""The engine's statement written by hand, for each database and for DuckDB: what somebody who knows SQL would write.

It answers for today alone, as everything is known now, for rules that change once and recompute, and where no agency
decides an equivalence itself; ``training_tracker.standing.thresholds`` answers for any day, any earlier knowledge, any
change and any agency. The bench checks
that both come to the same standings.
"""

FOREVER = "9999-12-31"


def standings(kind: str, practitioner: str = "") -> str:
    """Select the rows of ``standing``; for one person if ``practitioner`` is a placeholder."""
    sql = DIALECTS[kind]
    whose = f"WHERE practitioner_id = {practitioner}" if practitioner else ""
    forever, never = sql.date(FOREVER), sql.date("0001-01-01")
    begins = (
        f"{sql.max}(v.effective_from, coalesce(p.started_on, v.effective_from), coalesce(e.since, v.effective_from))"
    )
    ends = f"{sql.min}(v.last_day, coalesce(p.ended_on, {forever}), coalesce(e.until, {forever}))"
    return f"""
WITH RECURSIVE
who AS (SELECT * FROM post {whose}),
rule AS (
  SELECT v.*, {sql.min}(
    coalesce(effective_until, {forever}),
    coalesce({sql.days("lead(effective_from) OVER (PARTITION BY expectation_id ORDER BY effective_from)", "-1")},
             {forever})) AS last_day,
    lag(id) OVER (PARTITION BY expectation_id ORDER BY effective_from) AS follows
  FROM expectation_version v WHERE withdrawn_at IS NULL),
above AS (
  SELECT id AS team_id, id AS above_id, agency_id FROM team WHERE id IN (SELECT team_id FROM who)
  UNION ALL
  SELECT above.team_id, team.parent_id, above.agency_id FROM above JOIN team ON team.id = above.above_id
  WHERE team.parent_id IS NOT NULL),
asked AS (
  SELECT DISTINCT k.team_id, k.role_id, v.id AS version_id
  FROM (SELECT DISTINCT team_id, role_id FROM who) k
  JOIN team t ON t.id = k.team_id
  JOIN agency a ON a.id = t.agency_id
  JOIN role r ON r.id = k.role_id
  JOIN expectation x ON x.agency_id = a.id
    OR x.partnership_id IN (SELECT partnership_id FROM agency_partnership
      WHERE agency_id = a.id AND withdrawn_at IS NULL)
  JOIN rule v ON v.expectation_id = x.id
  JOIN expectation_scope s ON s.version_id = v.id
    AND (s.agency_id IS NULL OR s.agency_id = a.id)
    AND (s.sector_id IS NULL OR s.sector_id = a.sector_id)
    AND (s.role_id IS NULL OR s.role_id = r.id)
    AND (s.role_group_id IS NULL OR s.role_group_id = r.role_group_id)
    AND (s.team_id IS NULL OR s.team_id IN (SELECT above_id FROM above WHERE above.team_id = k.team_id))),
edition AS (
  SELECT i.version_id, n.current_from AS since,
    {sql.days("lead(n.current_from) OVER (PARTITION BY i.version_id, n.item_id ORDER BY n.current_from)", "-1")}
      AS until
  FROM expectation_item i JOIN item_version n ON n.item_id = i.item_id AND n.withdrawn_at IS NULL),
own AS (
  SELECT p.id AS post_id, p.practitioner_id, p.started_on, v.id AS version_id, e.since AS counted_from,
    {begins} AS begins, {ends} AS ends
  FROM who p
  JOIN asked ON asked.team_id = p.team_id AND asked.role_id = p.role_id
  JOIN rule v ON v.id = asked.version_id
  LEFT JOIN edition e ON v.current_version_only AND e.version_id = v.id
  WHERE {begins} <= {ends}),
term AS (
  SELECT own.*, 0 AS entered, {forever} AS until FROM own
  UNION ALL
  SELECT b.*, o.version_id, b.ends FROM own o JOIN rule v ON v.id = o.version_id AND v.follows IS NOT NULL
  JOIN own b ON b.post_id = o.post_id AND b.version_id = v.follows AND b.ends = {sql.days("o.begins", "-1")}
  WHERE o.counted_from IS NULL OR o.counted_from < o.begins),
counts AS (
  SELECT DISTINCT item_id AS expected_id, item_id, {sql.date("0001-01-01")} AS since, {forever} AS until
  FROM expectation_item
  UNION
  SELECT c.expected_id, q.item_id, {sql.max}(c.since, coalesce(q.valid_from, c.since)),
    {sql.min}(c.until, coalesce(q.valid_until, c.until))
  FROM counts c JOIN equivalence q ON q.counts_as_id = c.item_id AND q.withdrawn_at IS NULL AND q.agency_id IS NULL),
done AS (
  SELECT t.post_id, t.version_id, t.begins, t.entered, c.expected_id, d.id AS completion_id, d.completed_on, d.hours,
    it.participatory, i.refresher, v.refresher_months
  FROM term t
  JOIN rule v ON v.id = t.version_id
  JOIN expectation_item i ON i.version_id = t.version_id
  JOIN counts c ON c.expected_id = i.item_id
  JOIN completion d ON d.practitioner_id = t.practitioner_id AND d.item_id = c.item_id AND d.voided_at IS NULL
    AND d.completed_on BETWEEN c.since AND c.until AND d.completed_on <= t.until
    AND (t.counted_from IS NULL OR d.completed_on >= t.counted_from)
    AND d.strength >= v.least_strength
  JOIN item it ON it.id = d.item_id
  LEFT JOIN acceptance_window w ON w.item_id = d.item_id AND w.withdrawn_at IS NULL
  WHERE (w.accepted_from IS NULL OR d.completed_on >= w.accepted_from)
    AND (w.accepted_until IS NULL OR d.completed_on <= w.accepted_until)),
counting AS (
  SELECT * FROM done WHERE NOT refresher
  UNION ALL
  SELECT * FROM done WHERE refresher AND EXISTS (
    SELECT 1 FROM done f WHERE f.post_id = done.post_id AND f.version_id = done.version_id AND f.begins = done.begins
      AND f.entered = done.entered
      AND NOT f.refresher AND f.completed_on < done.completed_on
      AND (done.refresher_months IS NULL
        OR f.completed_on >= {sql.months("done.completed_on", "-done.refresher_months")}))),
worth AS (
  SELECT c.post_id, c.version_id, c.begins, c.entered, v.amount,
    CASE WHEN v.measure = 'items' THEN c.expected_id ELSE -c.completion_id END AS part,
    max(c.completed_on) AS completed_on,
    max(CASE WHEN v.measure = 'items' THEN 1.0 ELSE coalesce(c.hours, 0.0) END) AS worth,
    v.amount * coalesce(v.participatory_percent, 0) / 100.0 AS amount_together,
    max(CASE WHEN c.participatory THEN coalesce(c.hours, 0.0) ELSE 0.0 END) AS worth_together
  FROM counting c JOIN rule v ON v.id = c.version_id
  GROUP BY c.post_id, c.version_id, c.begins, c.entered, v.amount, v.participatory_percent, part),
running AS (
  SELECT post_id, version_id, begins, entered, amount, amount_together, completed_on,
    sum(worth) OVER newest_first AS total, sum(worth_together) OVER newest_first AS together
  FROM worth WINDOW newest_first AS (
    PARTITION BY post_id, version_id, begins, entered ORDER BY completed_on DESC, part)),
reached AS (
  SELECT post_id, version_id, begins, entered, max(completed_on) AS newest_on,
    max(CASE WHEN total >= amount - 1e-6 AND together >= amount_together - 1e-6 THEN completed_on END) AS reached_on
  FROM running GROUP BY post_id, version_id, begins, entered),
chain AS (
  SELECT c.post_id, c.version_id, c.begins, c.entered, v.period_months, v.renewal_window_months,
    c.completed_on AS first_on, v.period_months AS months, c.completed_on AS newest_on,
    {sql.months("c.completed_on", "v.period_months")} AS until
  FROM counting c JOIN rule v ON v.id = c.version_id WHERE v.method = 'continuous'
  UNION
  SELECT h.post_id, h.version_id, h.begins, h.entered, h.period_months, h.renewal_window_months, h.first_on,
    h.months + h.period_months, c.completed_on, {sql.months("h.first_on", "h.months + h.period_months")}
  FROM chain h
  JOIN counting c ON c.post_id = h.post_id AND c.version_id = h.version_id AND c.begins = h.begins
    AND c.entered = h.entered
  WHERE c.completed_on > h.newest_on AND c.completed_on <= h.until
    AND c.completed_on >= {sql.months("h.until", "-h.renewal_window_months")}),
earned AS (
  SELECT post_id, version_id, begins, entered, max(until) AS until FROM chain
  GROUP BY post_id, version_id, begins, entered),
wanted AS (
  SELECT t.*, e.until AS earned_until, v.expectation_id, v.return_notice_days, v.grace_days, v.renewal_window_months,
    v.method, v.period_months, v.anchor_on,
    v.first_due_days, coalesce(v.transition_days, v.first_due_days) AS transition_days,
    CASE WHEN r.reached_on IS NOT NULL THEN r.newest_on END AS met_from, r.reached_on,
    {sql.months("r.reached_on", "v.least_validity_months")} AS least
  FROM term t
  JOIN rule v ON v.id = t.version_id
  LEFT JOIN reached r ON r.post_id = t.post_id AND r.version_id = t.version_id AND r.begins = t.begins
    AND r.entered = t.entered
  LEFT JOIN earned e ON e.post_id = t.post_id AND e.version_id = t.version_id AND e.begins = t.begins
    AND e.entered = t.entered),
cycle AS (
  SELECT wanted.*, CASE WHEN method = 'cycle' THEN
    ({sql.month_number("least")} - {sql.month_number("anchor_on")} + period_months * 100000) {sql.over} period_months
      - 100000
    END AS k
  FROM wanted),
met AS (
  SELECT cycle.*,
    CASE
      WHEN reached_on IS NULL OR method = 'once' THEN NULL
      WHEN method = 'continuous' THEN earned_until
      WHEN method = 'completion' THEN {sql.months("reached_on", "period_months")}
      WHEN {sql.months("anchor_on", "k * period_months")} >= least THEN {sql.months("anchor_on", "k * period_months")}
      ELSE {sql.months("anchor_on", "(k + 1) * period_months")}
    END AS met_until,
    CASE WHEN started_on IS NOT NULL THEN {sql.days("begins", "first_due_days")} END AS first_due_on
  FROM cycle),
leave AS (
  SELECT a.post_id, a.starts_on, a.ends_on FROM absence a
  WHERE a.withdrawn_at IS NULL AND a.post_id IN (SELECT id FROM who)),
eve AS (
  SELECT post_id, return_notice_days, entered, begins AS began, {sql.days("until", "1")} AS entered_on,
    CASE
      WHEN met_from IS NULL THEN first_due_on
      WHEN met_until IS NULL THEN {forever}
      ELSE {sql.max}(coalesce(first_due_on, met_until), met_until)
    END AS due_on
  FROM met WHERE entered <> 0),
before AS (
  SELECT d.post_id, d.entered, d.began, d.entered_on, {_after_leave(sql, "d.due_on")} AS due_on FROM eve d),
changed AS (
  SELECT m.*,
    CASE
      WHEN m.first_due_on IS NULL OR b.began IS NULL THEN m.first_due_on
      ELSE {sql.days("b.began", "m.first_due_days")}
    END AS really_first_due_on,
    CASE WHEN b.due_on >= m.begins THEN {sql.min}(b.due_on, {sql.days("m.begins", "m.transition_days")}) END AS spared
  FROM met m LEFT JOIN before b ON b.post_id = m.post_id AND b.entered = m.version_id AND b.entered_on = m.begins
  WHERE m.entered = 0),
wanted_by AS (
  SELECT changed.*, {sql.max}(coalesce(really_first_due_on, {never}), coalesce(met_until, {never})) AS own_due_on
  FROM changed),
falling AS (
  SELECT wanted_by.*,
    CASE WHEN spared > own_due_on AND (met_from IS NULL OR met_until IS NOT NULL) THEN spared END AS transition_until,
    CASE
      WHEN met_from IS NOT NULL AND met_until IS NULL THEN NULL
      WHEN spared > own_due_on THEN spared
      WHEN own_due_on > {never} THEN own_due_on
    END AS falls_due
  FROM wanted_by),
due AS (SELECT d.*, {_after_leave(sql, "d.falls_due")} AS due_on FROM falling d)
SELECT d.post_id, d.version_id, d.begins, d.ends, d.expectation_id, d.really_first_due_on, d.met_from, d.met_until,
  {sql.months("d.met_until", "-d.renewal_window_months")}, d.transition_until, d.due_on,
  CASE WHEN d.grace_days > 0 AND d.met_from IS NOT NULL THEN
    {_after_leave(sql, sql.days("d.due_on", "d.grace_days"))} END
FROM due d
"""


def _after_leave(sql: "Dialect", day: str) -> str:
    """A day for the post of ``d``, moved behind its leave and the notice after it."""
    ends, others = (sql.days(f"{leave}.ends_on", "d.return_notice_days + 1") for leave in ("l", "o"))
    return f"""coalesce(
    CASE WHEN {day} IS NULL OR NOT EXISTS (
      SELECT 1 FROM leave l WHERE l.post_id = d.post_id AND l.starts_on <= {day} AND {ends} > {day})
    THEN {day} END,
    (SELECT min({ends}) FROM leave l WHERE l.post_id = d.post_id AND {ends} > {day}
       AND NOT EXISTS (
         SELECT 1 FROM leave o WHERE o.post_id = d.post_id AND o.starts_on <= {ends} AND {others} > {ends})))"""


COLUMNS = (
    "post_id, version_id, in_force_from, in_force_until, expectation_id,"
    " first_due_on, met_from, met_until, renewal_opens_on, transition_until, due_on, grace_until"
)


class _Sqlite:
    min, max = "min", "max"
    over = "/"

    def date(self, day: str) -> str:
        return f"'{day}'"

    def days(self, day: str, number: str) -> str:
        return f"date({day}, ({number}) || ' days')"

    def months(self, day: str, number: str) -> str:
        return (
            f"min(date({day}, ({number}) || ' months'),"
            f" date({day}, 'start of month', (({number}) + 1) || ' months', '-1 day'))"
        )

    def month_number(self, day: str) -> str:
        return f"(strftime('%Y', {day}) * 12 + strftime('%m', {day}))"


class _Postgres:
    min, max = "least", "greatest"
    over = "/"

    def date(self, day: str) -> str:
        return f"DATE '{day}'"

    def days(self, day: str, number: str) -> str:
        return f"({day} + ({number}))"

    def months(self, day: str, number: str) -> str:
        return f"CAST({day} + make_interval(months => CAST({number} AS integer)) AS date)"

    def month_number(self, day: str) -> str:
        return f"CAST(extract(year FROM {day}) * 12 + extract(month FROM {day}) AS integer)"


class _Duckdb(_Postgres):
    over = "//"

    def months(self, day: str, number: str) -> str:
        return f"CAST({day} + to_months(CAST({number} AS integer)) AS date)"


Dialect = _Sqlite | _Postgres
DIALECTS: dict[str, Dialect] = {"sqlite": _Sqlite(), "postgresql": _Postgres(), "duckdb": _Duckdb()}

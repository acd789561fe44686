"""The weekly hours of all clients of a program as one set-based statement; `rules.py` says the same in Python.

Steps: policy versions with the dates they hold -> who is enrolled in the week, which doses hold on its days and what
they add up to -> latest attendance versions that count -> minutes per date -> totals; beside it the seats still to come
and those called off -> one write of what differs. Rows that are neither met nor on course come back while seats are to
come, because only for them the open seats of other groups matter.

The days of a week are seven bits, the first day the lowest: sets of days are joined and counted without sorting. The
statement for a few clients is its own text, not the other one with a condition more: it is planned once, and its plan
begins with the clients.
"""

from __future__ import annotations

import re

# Parameters: program, first, last (dates of the week), clients (uuid[]; only for the few), now, proration (`target.py`).
_POLICY = """
policy AS MATERIALIZED (
  SELECT definition, group_minutes, counts_as, from_percent, countable,
    CASE WHEN row_number() OVER w = 1 THEN '-infinity'::date ELSE effective_from END AS holds_from,
    coalesce(lead(effective_from) OVER w, 'infinity'::date) AS holds_to
  FROM sessions_app_hourspolicy WHERE program_id = %(program)s
  WINDOW w AS (ORDER BY effective_from, version)
)"""

# The newest episode that touches the week; days outside it belong to another episode and never mix in.
_ENROLLED = """
enrolled AS MATERIALIZED (
  SELECT e.client_id, e.id AS enrolment_id, e.level_id, greatest(e.starts_on, %(first)s::date) AS from_day,
    least(coalesce(e.ends_on, %(last)s::date), %(last)s::date) AS to_day
  FROM groups_enrolment e
  WHERE e.program_id = %(program)s AND e.starts_on <= %(last)s
    AND (e.ends_on IS NULL OR e.ends_on >= %(first)s) {few e.client_id}
    AND NOT EXISTS (SELECT FROM groups_enrolment o WHERE o.client_id = e.client_id AND o.program_id = %(program)s
      AND o.starts_on <= %(last)s AND (o.ends_on IS NULL OR o.ends_on >= %(first)s)
      AND (o.starts_on > e.starts_on OR o.starts_on = e.starts_on AND o.id < e.id))
)"""

# `target.py` in set form: the doses of the days in force, cut to the week, and what they add up to. Most weeks have one
# dose from their first day to their last; only the others are cut into parts and added up.
_DOSE = """
dosed AS MATERIALIZED (
  SELECT en.client_id, en.from_day, en.to_day, d.starts_on, d.weekly_minutes AS minutes, d.weekly_days AS days,
    lead(d.starts_on) OVER (PARTITION BY en.client_id ORDER BY d.starts_on) - 1 AS to_on
  FROM enrolled en JOIN groups_prescribeddose d ON d.enrolment_id = en.enrolment_id
  WHERE d.program_id = %(program)s AND d.starts_on <= en.to_day
), one_dose AS (
  SELECT en.client_id, en.from_day, en.to_day, en.to_day - en.from_day + 1 AS n,
    coalesce(d.minutes, l.weekly_minutes) AS minutes, coalesce(d.days, l.weekly_days) AS days
  FROM enrolled en JOIN groups_levelofcare l ON l.id = en.level_id
  LEFT JOIN dosed d ON d.client_id = en.client_id AND d.to_on IS NULL
  WHERE d.starts_on IS NULL OR d.starts_on <= en.from_day
), part AS (
  SELECT en.client_id, s.minutes, s.days, s.starts_on, en.from_day, en.to_day,
    least(coalesce(s.to_on, en.to_day), en.to_day) - greatest(s.starts_on, en.from_day) + 1 AS n
  FROM enrolled en
  JOIN dosed last_one ON last_one.client_id = en.client_id AND last_one.to_on IS NULL
    AND last_one.starts_on > en.from_day
  JOIN LATERAL (
    SELECT d.starts_on, d.minutes, d.days, d.to_on FROM dosed d WHERE d.client_id = en.client_id
    UNION ALL
    SELECT '-infinity'::date, l.weekly_minutes, l.weekly_days,
      (SELECT min(d.starts_on) - 1 FROM dosed d WHERE d.client_id = en.client_id)
    FROM groups_levelofcare l WHERE l.id = en.level_id
  ) s ON s.to_on IS NULL OR s.to_on >= en.from_day
), dose AS MATERIALIZED (
  SELECT client_id, from_day, to_day, n AS in_force, CASE WHEN %(proration)s = 'none' THEN minutes
      ELSE (minutes * n + 6) / 7 END AS minutes,
    CASE WHEN %(proration)s = 'none' THEN days ELSE (days * n + 6) / 7 END AS days, minutes AS whole,
    CASE WHEN %(proration)s <> 'none' AND n < 7 THEN 'days' ELSE 'full' END AS basis
  FROM one_dose
  UNION ALL
  SELECT client_id, from_day, to_day, sum(n)::int, CASE WHEN %(proration)s = 'none'
      THEN (array_agg(minutes ORDER BY starts_on))[1] ELSE (sum(minutes * n)::int + 6) / 7 END,
    CASE WHEN %(proration)s = 'none'
      THEN (array_agg(days ORDER BY starts_on))[1] ELSE (sum(days * n)::int + 6) / 7 END,
    CASE WHEN %(proration)s = 'none' THEN (array_agg(minutes ORDER BY starts_on))[1]
      ELSE (array_agg(minutes ORDER BY starts_on DESC))[1] END,
    CASE WHEN %(proration)s = 'none' THEN 'full' WHEN count(DISTINCT (minutes, days)) > 1 THEN 'level'
      WHEN sum(n) < 7 THEN 'days' ELSE 'full' END
  FROM part GROUP BY client_id, from_day, to_day
)"""

# What a person set for this client's week; a newest row without minutes gives the week back to the rule.
_SET = """
set_by AS (
  SELECT DISTINCT ON (o.client_id) o.client_id, o.minutes, o.days FROM sessions_app_weektarget o
  WHERE o.program_id = %(program)s AND o.week = %(first)s {few o.client_id}
  ORDER BY o.client_id, o.version DESC
)"""

# A version has a successor or it is the latest: versions are gapless (unique constraint, written under a lock). A
# session that crosses midnight may give minutes to the dates after its own, hence the two days before the week. Only the
# few whose episode begins or ends in the week are looked at day by day; who is not enrolled is left out at the end. A record
# has its session's date, so what the policy of that date says is joined to the session, of which there are fewer.
_CREDIT = """
  SELECT r.client_id, r.session_id, r.local_date, r.by_date,
    CASE WHEN m.definition = 'therapeutic' AND r.delivered_minutes >= m.group_minutes
           AND r.credited_minutes * 100 >= m.from_percent * m.group_minutes
      THEN greatest(m.counts_as, r.credited_minutes) ELSE r.credited_minutes END AS counted
  FROM sessions_app_attendancerecord r
  JOIN meeting m ON m.id = r.session_id
  JOIN sessions_app_attendancepolicy ap ON ap.id = r.policy_id
  WHERE r.program_id = %(program)s
    AND r.local_date BETWEEN %(first)s::date - 2 AND %(last)s {few r.client_id}
    AND r.status IN ('attended', 'partial') AND r.credited_minutes >= ap.no_show_below_minutes
    AND NOT EXISTS (SELECT FROM sessions_app_attendancerecord later WHERE later.version > 1
      AND later.session_id = r.session_id AND later.client_id = r.client_id
      AND later.version = r.version + 1)"""
# Nearly every session has one version and counts. The planner, asked about the conditions one by one, would expect one in a
# thousand; of a CASE it expects half.
_COUNTS = """CASE WHEN s.local_date >= hp.holds_from AND s.local_date < hp.holds_to AND hp.countable ? s.service_type
    THEN true ELSE false END"""
_COUNTED = """
meeting AS {materialized} (
  SELECT s.id, hp.definition, hp.group_minutes, hp.counts_as, hp.from_percent
  FROM sessions_app_session s JOIN policy hp ON {counts}
  WHERE s.program_id = %(program)s AND s.local_date BETWEEN %(first)s::date - 2 AND %(last)s
), on_one_day AS ({credit}
    AND ap.attribution <> 'split' AND r.local_date >= %(first)s
), split AS ({credit}
    AND ap.attribution = 'split'
), by_day AS (
  SELECT client_id, local_date AS day, counted AS minutes FROM on_one_day
  UNION ALL
  SELECT c.client_id, d.day, d.minutes + CASE WHEN d.day = max(d.day) OVER whole
      THEN c.counted - sum(d.minutes) OVER whole ELSE 0 END
  FROM split c CROSS JOIN LATERAL (
    SELECT key::date AS day, value::int AS minutes FROM jsonb_each_text(c.by_date) WHERE value::int > 0) d
  WINDOW whole AS (PARTITION BY c.session_id, c.client_id)
), total AS (
  SELECT d.client_id, sum(d.minutes)::int AS minutes, bit_or(1 << (d.day - %(first)s::date)) AS days
  FROM by_day d LEFT JOIN (
    SELECT * FROM enrolled WHERE from_day > %(first)s OR to_day < %(last)s) cut ON cut.client_id = d.client_id
  WHERE d.minutes > 0 AND CASE WHEN cut.client_id IS NULL THEN d.day BETWEEN %(first)s AND %(last)s
    ELSE d.day BETWEEN cut.from_day AND cut.to_day END
  GROUP BY d.client_id
)"""

# The week's timetable. Still to come: not called off, not counted yet, not over (a live session is to come until it
# counts). What is past or called off is read only where the target depends on it.
_COMING = """s.finalised_at IS NULL AND s.status <> 'cancelled'
      AND (s.ends_at > %(now)s OR s.status IN ('live', 'ended'))"""
_MEETS = """
  FROM sessions_app_session s JOIN policy hp ON {counts}
  WHERE s.program_id = %(program)s AND s.local_date BETWEEN %(first)s AND %(last)s"""
_TIMETABLE = """
seats AS MATERIALIZED (SELECT EXISTS (SELECT {meets} AND {coming}) AS are_open),
meets AS (
  SELECT s.id, s.group_id, s.local_date, s.status, s.starts_at, s.ends_at, true AS coming,
    hp.definition, hp.group_minutes, hp.counts_as {meets} AND {coming} {few groups}
  UNION ALL
  SELECT s.id, s.group_id, s.local_date, s.status, s.starts_at, s.ends_at, false,
    hp.definition, hp.group_minutes, hp.counts_as {meets} AND NOT ({coming}) AND %(proration)s = 'scheduled' {few groups}
), net AS MATERIALIZED (
  SELECT m.*, (
      SELECT coalesce(floor(sum(extract(epoch FROM upper(piece) - lower(piece))) / 60), 0)::int
      FROM unnest(tstzmultirange(tstzrange(m.starts_at, m.ends_at)) - coalesce((
        SELECT range_agg(tstzrange(b.planned_start, b.planned_end)) FROM sessions_app_sessionbreak b
        WHERE b.session_id = m.id AND b.planned_start IS NOT NULL), '{}'::tstzmultirange)) AS piece
    ) AS net FROM meets m
), held AS (
  SELECT id, group_id, local_date, coming, status = 'cancelled' AS called_off,
    CASE WHEN definition = 'therapeutic' AND net >= group_minutes THEN greatest(counts_as, net) ELSE net END AS minutes
  FROM net
), own AS MATERIALIZED (
  SELECT DISTINCT en.client_id, h.id, h.local_date AS day, h.minutes, h.coming, h.called_off
  FROM held h
  JOIN groups_membership m ON m.group_id = h.group_id AND h.local_date >= m.starts_on
    AND (m.ends_on IS NULL OR h.local_date <= m.ends_on) {few m.client_id}
  JOIN enrolled en ON en.client_id = m.client_id AND h.local_date BETWEEN en.from_day AND en.to_day
  WHERE h.minutes > 0
), booked AS MATERIALIZED (
  SELECT client_id, id, day, minutes FROM own
  WHERE coming AND NOT EXISTS (SELECT FROM sessions_app_excuse x
    WHERE x.session_id = own.id AND x.client_id = own.client_id)
), to_come AS (
  SELECT client_id, sum(minutes)::int AS minutes, bit_or(1 << (day - %(first)s::date)) AS days
  FROM booked GROUP BY client_id
), called_off AS (
  SELECT client_id, sum(minutes) FILTER (WHERE called_off)::int AS lost,
    coalesce(sum(minutes) FILTER (WHERE NOT called_off), 0)::int AS kept,
    count(DISTINCT day)::int AS days, count(DISTINCT day) FILTER (WHERE NOT called_off)::int AS kept_days
  FROM own WHERE %(proration)s = 'scheduled' GROUP BY client_id HAVING bool_or(called_off)
)"""

_FIGURES = """
lowered AS (
  SELECT d.*, least(coalesce(c.lost, 0), greatest(d.minutes - coalesce(c.kept, 0), 0)) AS less,
    least(coalesce(c.days - c.kept_days, 0), greatest(d.days - coalesce(c.kept_days, 0), 0)) AS less_days
  FROM dose d LEFT JOIN called_off c USING (client_id)
), goal AS (
  SELECT w.client_id, w.from_day, w.to_day, w.in_force, w.whole, coalesce(o.minutes, w.minutes - w.less) AS goal,
    coalesce(o.days, w.days - w.less_days) AS goal_days, CASE WHEN o.minutes IS NULL THEN w.less ELSE 0 END AS less,
    CASE WHEN o.minutes IS NOT NULL THEN 'override' WHEN w.less + w.less_days > 0 THEN 'called_off' ELSE w.basis END AS basis
  FROM lowered w LEFT JOIN set_by o USING (client_id)
), figures AS (
  SELECT g.client_id, g.from_day, g.to_day, coalesce(t.minutes, 0) AS minutes, coalesce(t.days, 0) AS days,
    coalesce(c.minutes, 0) AS coming, coalesce(c.days, 0) AS coming_days,
    g.goal, g.goal_days, g.whole, g.in_force, g.less, g.basis
  FROM goal g LEFT JOIN total t USING (client_id) LEFT JOIN to_come c USING (client_id)
), counted AS (
  SELECT *, bit_count(days::bit(7))::int AS day_count FROM figures
), judged AS (
  SELECT *, CASE
    WHEN minutes >= goal AND day_count >= goal_days THEN 'met'
    WHEN minutes + coming >= goal AND bit_count((days | coming_days)::bit(7)) >= goal_days THEN 'on_course'
    END AS outlook
  FROM counted
)"""

# Only what differs is written: an unchanged row is neither locked nor touched. A short row keeps the forecast it had
# until the open seats were looked at (nothing flickers in between); where no seat is to come there is nothing to look at.
# Whoever has a row that is right already and no seat to look for goes no further than the comparison.
_WRITE = """
compared AS (
  SELECT j.*, CASE WHEN j.outlook IS NOT NULL THEN j.outlook
    WHEN w.forecast = 'needs_one_more' AND seats.are_open THEN w.forecast
    ELSE 'cannot_reach' END AS told, w.id IS NULL OR (w.minutes, w.days, w.prescribed_minutes, w.prescribed_days,
      w.to_come_minutes, w.full_minutes, w.days_in_force, w.called_off_minutes, w.target_basis) IS DISTINCT FROM (
      j.minutes, j.day_count, j.goal, j.goal_days, j.coming, j.whole, j.in_force, j.less, j.basis) AS differs,
    w.forecast, j.outlook IS NULL AND seats.are_open AS short
  FROM judged j CROSS JOIN seats
  LEFT JOIN sessions_app_weekhours w ON w.client_id = j.client_id AND w.week = %(first)s {few w.client_id} {all weeks}
), fresh AS MATERIALIZED (
  SELECT * FROM compared WHERE short OR differs OR forecast IS DISTINCT FROM told
), written AS (
INSERT INTO sessions_app_weekhours AS week (id, program_id, client_id, week, minutes, days, prescribed_minutes,
  prescribed_days, to_come_minutes, forecast, full_minutes, days_in_force, called_off_minutes, target_basis, computed_at)
SELECT gen_random_uuid(), %(program)s, client_id, %(first)s, minutes, day_count, goal, goal_days, coming, told,
  whole, in_force, less, basis, %(now)s
FROM fresh WHERE differs OR forecast IS DISTINCT FROM told
ON CONFLICT (client_id, week) DO UPDATE SET minutes = excluded.minutes, days = excluded.days,
  prescribed_minutes = excluded.prescribed_minutes, prescribed_days = excluded.prescribed_days,
  to_come_minutes = excluded.to_come_minutes, full_minutes = excluded.full_minutes,
  days_in_force = excluded.days_in_force, called_off_minutes = excluded.called_off_minutes,
  target_basis = excluded.target_basis, forecast = excluded.forecast, computed_at = excluded.computed_at
RETURNING 1)"""

_SHORT = """
SELECT f.client_id, f.minutes, f.days, f.goal, f.goal_days, f.from_day, f.to_day,
  coalesce(array_agg(b.id) FILTER (WHERE b.id IS NOT NULL), '{}')
FROM fresh f LEFT JOIN booked b USING (client_id) WHERE f.short
GROUP BY f.client_id, f.minutes, f.days, f.goal, f.goal_days, f.from_day, f.to_day"""


_NOTHING_BUT_THE_FEW = {
    "groups": "AND s.group_id IN (SELECT m.group_id FROM groups_membership m WHERE m.client_id = ANY (%(clients)s::uuid[]))"
}
_PARTS = (_POLICY, _ENROLLED, _DOSE, _SET, _COUNTED, _TIMETABLE, _FIGURES, _WRITE)


def _statement(*, few: bool) -> str:
    """The whole statement, with the marks in its parts filled in for everybody or for a few clients."""
    text = "WITH " + ", ".join(_PARTS) + _SHORT
    text = text.replace("{credit}", _CREDIT).replace("{meets}", _MEETS).replace("{coming}", _COMING)
    text = text.replace("{counts}", _COUNTS)
    text = text.replace("{materialized}", "NOT MATERIALIZED" if few else "MATERIALIZED")

    def condition(mark: re.Match[str]) -> str:
        if not few:
            return ""
        return _NOTHING_BUT_THE_FEW.get(mark[1], f"AND {mark[1]} = ANY (%(clients)s::uuid[])")

    # Of everybody, the week's rows lie together; of a few they are found one by one.
    text = text.replace("{all weeks}", "" if few else "AND w.program_id = %(program)s")
    return re.sub(r"\{few ([a-z._]+)\}", condition, text)


COMPUTE_WEEK = _statement(few=False)
COMPUTE_FEW = _statement(few=True)

REFINE = """
UPDATE sessions_app_weekhours AS week SET forecast = found.forecast, computed_at = %(now)s
FROM unnest(%(clients)s::uuid[], %(forecasts)s::text[]) AS found (client_id, forecast)
WHERE week.client_id = found.client_id AND week.week = %(first)s AND week.forecast <> found.forecast"""

"""The weekly hours of all clients of a program as one set-based statement; `rules.py` says the same in Python.

Steps: policy versions with the dates they hold -> who is enrolled in the week, which doses hold on its days and what
they add up to -> latest attendance versions that count -> minutes per date -> totals; beside it the seats still to come
and those called off -> one write of what differs. Rows that are neither met nor on course come back while seats are to
come, because only for them the open seats of other groups matter.
"""

from __future__ import annotations

# Parameters: program, first, last (dates of the week), clients (uuid[] or null for all), now, proration (`target.py`).
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
  SELECT DISTINCT ON (e.client_id) e.client_id, e.id AS enrolment_id, e.level_id,
    greatest(e.starts_on, %(first)s::date) AS from_day,
    least(coalesce(e.ends_on, %(last)s::date), %(last)s::date) AS to_day
  FROM groups_enrolment e
  WHERE e.program_id = %(program)s AND e.starts_on <= %(last)s
    AND (e.ends_on IS NULL OR e.ends_on >= %(first)s)
    AND (%(clients)s::uuid[] IS NULL OR e.client_id = ANY (%(clients)s::uuid[]))
  ORDER BY e.client_id, e.starts_on DESC, e.id
)"""

# `target.py` in set form: the doses of the days in force, cut to the week, and what they add up to.
_DOSE = """
dose_from AS (
  SELECT d.enrolment_id, d.starts_on, d.weekly_minutes AS minutes, d.weekly_days AS days
  FROM groups_prescribeddose d JOIN enrolled en ON en.enrolment_id = d.enrolment_id WHERE d.starts_on <= %(last)s
  UNION ALL
  SELECT en.enrolment_id, '-infinity'::date, l.weekly_minutes, l.weekly_days
  FROM enrolled en JOIN groups_levelofcare l ON l.id = en.level_id
), dose_span AS (
  SELECT *, coalesce(lead(starts_on) OVER (PARTITION BY enrolment_id ORDER BY starts_on) - 1, 'infinity'::date) AS to_on
  FROM dose_from
), part AS (
  SELECT en.client_id, s.minutes, s.days, s.starts_on,
    least(s.to_on, en.to_day) - greatest(s.starts_on, en.from_day) + 1 AS n
  FROM enrolled en JOIN dose_span s ON s.enrolment_id = en.enrolment_id
  WHERE s.starts_on <= en.to_day AND s.to_on >= en.from_day
), dose AS (
  SELECT client_id, sum(n)::int AS in_force, CASE WHEN %(proration)s = 'none'
      THEN (array_agg(minutes ORDER BY starts_on))[1] ELSE (sum(minutes * n)::int + 6) / 7 END AS minutes,
    CASE WHEN %(proration)s = 'none'
      THEN (array_agg(days ORDER BY starts_on))[1] ELSE (sum(days * n)::int + 6) / 7 END AS days,
    CASE WHEN %(proration)s = 'none' THEN (array_agg(minutes ORDER BY starts_on))[1]
      ELSE (array_agg(minutes ORDER BY starts_on DESC))[1] END AS whole,
    CASE WHEN %(proration)s = 'none' THEN 'full' WHEN count(DISTINCT (minutes, days)) > 1 THEN 'level'
      WHEN sum(n) < 7 THEN 'days' ELSE 'full' END AS basis
  FROM part GROUP BY client_id
)"""

# What a person set for this client's week; a newest row without minutes gives the week back to the rule.
_SET = """
set_by AS (
  SELECT DISTINCT ON (o.client_id) o.client_id, o.minutes, o.days FROM sessions_app_weektarget o
  WHERE o.program_id = %(program)s AND o.week = %(first)s
    AND (%(clients)s::uuid[] IS NULL OR o.client_id = ANY (%(clients)s::uuid[]))
  ORDER BY o.client_id, o.version DESC
)"""

# A version has a successor or it is the latest: versions are gapless (unique constraint, written under a lock). A
# session that crosses midnight may give minutes to the dates after its own, hence the two days before the week.
_COUNTED = """
credit AS (
  SELECT r.client_id, r.session_id, r.local_date, r.by_date, ap.attribution,
    CASE WHEN hp.definition = 'therapeutic' AND r.delivered_minutes >= hp.group_minutes
           AND r.credited_minutes * 100 >= hp.from_percent * hp.group_minutes
      THEN greatest(hp.counts_as, r.credited_minutes) ELSE r.credited_minutes END AS counted
  FROM sessions_app_attendancerecord r
  JOIN sessions_app_attendancepolicy ap ON ap.id = r.policy_id
  JOIN policy hp ON r.local_date >= hp.holds_from AND r.local_date < hp.holds_to
  JOIN sessions_app_session s ON s.id = r.session_id
  WHERE r.program_id = %(program)s
    AND r.local_date BETWEEN %(first)s::date - 2 AND %(last)s
    AND s.program_id = %(program)s AND s.local_date BETWEEN %(first)s::date - 2 AND %(last)s
    AND (%(clients)s::uuid[] IS NULL OR r.client_id = ANY (%(clients)s::uuid[]))
    AND r.status IN ('attended', 'partial') AND r.credited_minutes >= ap.no_show_below_minutes
    AND hp.countable ? s.service_type
    AND NOT EXISTS (SELECT FROM sessions_app_attendancerecord later WHERE later.version > 1
      AND later.session_id = r.session_id AND later.client_id = r.client_id
      AND later.version = r.version + 1)
), by_day AS (
  SELECT client_id, local_date AS day, counted AS minutes FROM credit WHERE attribution <> 'split'
  UNION ALL
  SELECT c.client_id, d.day, d.minutes + CASE WHEN d.day = max(d.day) OVER whole
      THEN c.counted - sum(d.minutes) OVER whole ELSE 0 END
  FROM credit c CROSS JOIN LATERAL (
    SELECT key::date AS day, value::int AS minutes FROM jsonb_each_text(c.by_date) WHERE value::int > 0) d
  WHERE c.attribution = 'split' WINDOW whole AS (PARTITION BY c.session_id, c.client_id)
), total AS (
  SELECT d.client_id, sum(d.minutes)::int AS minutes, array_agg(DISTINCT d.day) AS days
  FROM by_day d JOIN enrolled en ON en.client_id = d.client_id AND d.day BETWEEN en.from_day AND en.to_day
  WHERE d.minutes > 0 GROUP BY d.client_id
)"""

# The week's timetable. Still to come: not called off, not counted yet, not over (a live session is to come until it
# counts). What is past or called off is read only where the target depends on it.
_TIMETABLE = """
net AS MATERIALIZED (
  SELECT s.id, s.group_id, s.local_date, s.status, s.finalised_at IS NULL AND s.status <> 'cancelled'
      AND (s.ends_at > %(now)s OR s.status IN ('live', 'ended')) AS coming, (
      SELECT coalesce(floor(sum(extract(epoch FROM upper(piece) - lower(piece))) / 60), 0)::int
      FROM unnest(tstzmultirange(tstzrange(s.starts_at, s.ends_at)) - coalesce((
        SELECT range_agg(tstzrange(b.planned_start, b.planned_end)) FROM sessions_app_sessionbreak b
        WHERE b.session_id = s.id AND b.planned_start IS NOT NULL), '{}'::tstzmultirange)) AS piece
    ) AS net, hp.definition, hp.group_minutes, hp.counts_as
  FROM sessions_app_session s
  JOIN policy hp ON s.local_date >= hp.holds_from AND s.local_date < hp.holds_to
  WHERE s.program_id = %(program)s AND s.local_date BETWEEN %(first)s AND %(last)s
    AND (%(proration)s = 'scheduled' OR s.finalised_at IS NULL AND s.status <> 'cancelled'
      AND (s.ends_at > %(now)s OR s.status IN ('live', 'ended')))
    AND hp.countable ? s.service_type
), held AS MATERIALIZED (
  SELECT id, group_id, local_date, coming, status = 'cancelled' AS called_off,
    CASE WHEN definition = 'therapeutic' AND net >= group_minutes THEN greatest(counts_as, net) ELSE net END AS minutes
  FROM net
), own AS MATERIALIZED (
  SELECT DISTINCT en.client_id, h.id, h.local_date AS day, h.minutes, h.coming, h.called_off
  FROM enrolled en
  JOIN groups_membership m ON m.client_id = en.client_id
  JOIN held h ON h.group_id = m.group_id AND h.local_date >= m.starts_on
    AND (m.ends_on IS NULL OR h.local_date <= m.ends_on)
    AND h.local_date BETWEEN en.from_day AND en.to_day
  WHERE h.minutes > 0
), to_come AS (
  SELECT client_id, sum(minutes)::int AS minutes, array_agg(DISTINCT day) AS days, array_agg(id) AS sessions
  FROM own WHERE coming AND NOT EXISTS (SELECT FROM sessions_app_excuse x
    WHERE x.session_id = own.id AND x.client_id = own.client_id) GROUP BY client_id
), called_off AS (
  SELECT client_id, sum(minutes) FILTER (WHERE called_off)::int AS lost,
    coalesce(sum(minutes) FILTER (WHERE NOT called_off), 0)::int AS kept,
    count(DISTINCT day)::int AS days, count(DISTINCT day) FILTER (WHERE NOT called_off)::int AS kept_days
  FROM own WHERE %(proration)s = 'scheduled' GROUP BY client_id HAVING bool_or(called_off)
)"""

_FIGURES = """
lowered AS (
  SELECT d.client_id, d.in_force, d.whole, d.minutes, d.days, d.basis,
    least(coalesce(c.lost, 0), greatest(d.minutes - coalesce(c.kept, 0), 0)) AS less,
    least(coalesce(c.days - c.kept_days, 0), greatest(d.days - coalesce(c.kept_days, 0), 0)) AS less_days
  FROM dose d LEFT JOIN called_off c USING (client_id)
), goal AS (
  SELECT w.client_id, w.in_force, w.whole, coalesce(o.minutes, w.minutes - w.less) AS goal,
    coalesce(o.days, w.days - w.less_days) AS goal_days, CASE WHEN o.minutes IS NULL THEN w.less ELSE 0 END AS less,
    CASE WHEN o.minutes IS NOT NULL THEN 'override' WHEN w.less + w.less_days > 0 THEN 'called_off' ELSE w.basis END AS basis
  FROM lowered w LEFT JOIN set_by o USING (client_id)
), figures AS MATERIALIZED (
  SELECT en.client_id, en.from_day, en.to_day, coalesce(t.minutes, 0) AS minutes, coalesce(t.days, '{}') AS days,
    coalesce(c.minutes, 0) AS coming, coalesce(c.days, '{}') AS coming_days,
    coalesce(c.sessions, '{}') AS sessions, g.goal, g.goal_days, g.whole, g.in_force, g.less, g.basis
  FROM enrolled en JOIN goal g USING (client_id)
  LEFT JOIN total t USING (client_id) LEFT JOIN to_come c USING (client_id)
), judged AS MATERIALIZED (
  SELECT *, CASE
    WHEN minutes >= goal AND cardinality(days) >= goal_days THEN 'met'
    WHEN minutes + coming >= goal
      AND (SELECT count(DISTINCT day) FROM unnest(days || coming_days) day) >= goal_days THEN 'on_course'
    END AS outlook
  FROM figures
)"""

# Only what differs is written: an unchanged row is neither locked nor touched. A short row keeps the forecast it had
# until the open seats were looked at (nothing flickers in between); where no seat is to come there is nothing to look at.
_WRITE = """
fresh AS MATERIALIZED (
  SELECT j.*, CASE WHEN j.outlook IS NOT NULL THEN j.outlook
    WHEN w.forecast = 'needs_one_more' AND EXISTS (SELECT FROM held WHERE coming AND held.minutes > 0) THEN w.forecast
    ELSE 'cannot_reach' END AS told, w.id IS NULL OR (w.minutes, w.days, w.prescribed_minutes, w.prescribed_days,
      w.to_come_minutes, w.full_minutes, w.days_in_force, w.called_off_minutes, w.target_basis) IS DISTINCT FROM (
      j.minutes, cardinality(j.days), j.goal, j.goal_days, j.coming, j.whole, j.in_force, j.less, j.basis) AS differs,
    w.forecast
  FROM judged j LEFT JOIN sessions_app_weekhours w ON w.client_id = j.client_id AND w.week = %(first)s
), written AS (
INSERT INTO sessions_app_weekhours AS week (id, program_id, client_id, week, minutes, days, prescribed_minutes,
  prescribed_days, to_come_minutes, forecast, full_minutes, days_in_force, called_off_minutes, target_basis, computed_at)
SELECT gen_random_uuid(), %(program)s, client_id, %(first)s, minutes, cardinality(days), goal, goal_days, coming, told,
  whole, in_force, less, basis, %(now)s
FROM fresh WHERE differs OR forecast IS DISTINCT FROM told
ON CONFLICT (client_id, week) DO UPDATE SET minutes = excluded.minutes, days = excluded.days,
  prescribed_minutes = excluded.prescribed_minutes, prescribed_days = excluded.prescribed_days,
  to_come_minutes = excluded.to_come_minutes, full_minutes = excluded.full_minutes,
  days_in_force = excluded.days_in_force, called_off_minutes = excluded.called_off_minutes,
  target_basis = excluded.target_basis, forecast = excluded.forecast, computed_at = excluded.computed_at
RETURNING 1)"""

COMPUTE_WEEK = (
    f"WITH {_POLICY}, {_ENROLLED}, {_DOSE}, {_SET}, {_COUNTED}, {_TIMETABLE}, {_FIGURES}, {_WRITE}\n"
    "SELECT client_id, minutes, days, sessions, goal, goal_days, from_day, to_day FROM judged\n"
    "WHERE outlook IS NULL AND EXISTS (SELECT FROM held WHERE coming AND held.minutes > 0)"
)

REFINE = """
UPDATE sessions_app_weekhours AS week SET forecast = found.forecast, computed_at = %(now)s
FROM unnest(%(clients)s::uuid[], %(forecasts)s::text[]) AS found (client_id, forecast)
WHERE week.client_id = found.client_id AND week.week = %(first)s AND week.forecast <> found.forecast"""

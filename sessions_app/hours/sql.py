"""The weekly hours of all clients of a program as one set-based statement; `rules.py` says the same in Python.

Steps: policy versions with the dates they hold -> who is enrolled in the week and which dose holds -> latest
attendance versions that count -> minutes per date -> totals; beside it the seats still to come -> one upsert. The rows
that are neither met nor on course come back, because only for them the open seats of other groups matter.
"""

from __future__ import annotations

# Parameters: program, first, last (dates of the week), clients (uuid[] or null for all), now.
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
), begun AS (
  SELECT DISTINCT ON (d.enrolment_id) d.enrolment_id, d.weekly_minutes, d.weekly_days
  FROM groups_prescribeddose d JOIN enrolled en ON en.enrolment_id = d.enrolment_id
  WHERE d.starts_on <= en.from_day ORDER BY d.enrolment_id, d.starts_on DESC
), dose AS (
  SELECT en.client_id, coalesce(b.weekly_minutes, l.weekly_minutes) AS minutes,
    coalesce(b.weekly_days, l.weekly_days) AS days
  FROM enrolled en JOIN groups_levelofcare l ON l.id = en.level_id
  LEFT JOIN begun b ON b.enrolment_id = en.enrolment_id
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

# What is still to come: not called off, not counted yet, not over (a live session is still to come until it counts).
_TO_COME = """
planned AS (
  SELECT s.id, s.group_id, s.local_date, (
      SELECT coalesce(floor(sum(extract(epoch FROM upper(piece) - lower(piece))) / 60), 0)::int
      FROM unnest(tstzmultirange(tstzrange(s.starts_at, s.ends_at)) - coalesce((
        SELECT range_agg(tstzrange(b.planned_start, b.planned_end)) FROM sessions_app_sessionbreak b
        WHERE b.session_id = s.id AND b.planned_start IS NOT NULL), '{}'::tstzmultirange)) AS piece
    ) AS net, hp.definition, hp.group_minutes, hp.counts_as
  FROM sessions_app_session s
  JOIN policy hp ON s.local_date >= hp.holds_from AND s.local_date < hp.holds_to
  WHERE s.program_id = %(program)s AND s.local_date BETWEEN %(first)s AND %(last)s
    AND s.finalised_at IS NULL AND s.status <> 'cancelled'
    AND (s.ends_at > %(now)s OR s.status IN ('live', 'ended'))
    AND hp.countable ? s.service_type
), seat AS (
  SELECT DISTINCT en.client_id, p.id, p.local_date AS day,
    CASE WHEN p.definition = 'therapeutic' AND p.net >= p.group_minutes
      THEN greatest(p.counts_as, p.net) ELSE p.net END AS minutes
  FROM enrolled en
  JOIN groups_membership m ON m.client_id = en.client_id
  JOIN planned p ON p.group_id = m.group_id AND p.local_date >= m.starts_on
    AND (m.ends_on IS NULL OR p.local_date <= m.ends_on)
    AND p.local_date BETWEEN en.from_day AND en.to_day
  WHERE NOT EXISTS (SELECT FROM sessions_app_excuse x
    WHERE x.session_id = p.id AND x.client_id = en.client_id)
), to_come AS (
  SELECT client_id, sum(minutes)::int AS minutes, array_agg(DISTINCT day) AS days, array_agg(id) AS sessions
  FROM seat WHERE minutes > 0 GROUP BY client_id
)"""

_FIGURES = """
figures AS MATERIALIZED (
  SELECT en.client_id, en.from_day, en.to_day, coalesce(t.minutes, 0) AS minutes, coalesce(t.days, '{}') AS days,
    coalesce(c.minutes, 0) AS coming, coalesce(c.days, '{}') AS coming_days,
    coalesce(c.sessions, '{}') AS sessions, dose.minutes AS goal, dose.days AS goal_days
  FROM enrolled en JOIN dose USING (client_id)
  LEFT JOIN total t USING (client_id) LEFT JOIN to_come c USING (client_id)
), judged AS MATERIALIZED (
  SELECT *, CASE
    WHEN minutes >= goal AND cardinality(days) >= goal_days THEN 'met'
    WHEN minutes + coming >= goal
      AND (SELECT count(DISTINCT day) FROM unnest(days || coming_days) day) >= goal_days THEN 'on_course'
    END AS outlook
  FROM figures
)"""

# A short row keeps the forecast it had until the open seats were looked at: nothing flickers in between.
_WRITE = """
INSERT INTO sessions_app_weekhours AS week (id, program_id, client_id, week, minutes, days, prescribed_minutes,
  prescribed_days, to_come_minutes, forecast, computed_at)
SELECT gen_random_uuid(), %(program)s, client_id, %(first)s, minutes, cardinality(days), goal, goal_days, coming,
  coalesce(outlook, 'cannot_reach'), %(now)s
FROM judged
ON CONFLICT (client_id, week) DO UPDATE SET minutes = excluded.minutes, days = excluded.days,
  prescribed_minutes = excluded.prescribed_minutes, prescribed_days = excluded.prescribed_days,
  to_come_minutes = excluded.to_come_minutes, computed_at = excluded.computed_at,
  forecast = CASE WHEN excluded.forecast <> 'cannot_reach' OR week.forecast <> 'needs_one_more'
    THEN excluded.forecast ELSE week.forecast END
WHERE (week.minutes, week.days, week.prescribed_minutes, week.prescribed_days, week.to_come_minutes)
    IS DISTINCT FROM (excluded.minutes, excluded.days, excluded.prescribed_minutes, excluded.prescribed_days,
      excluded.to_come_minutes)
  OR (week.forecast <> excluded.forecast
    AND NOT (week.forecast = 'needs_one_more' AND excluded.forecast = 'cannot_reach'))"""

COMPUTE_WEEK = (
    f"WITH {_POLICY}, {_ENROLLED}, {_COUNTED}, {_TO_COME}, {_FIGURES}, written AS ({_WRITE} RETURNING 1)\n"
    "SELECT client_id, minutes, days, sessions, goal, goal_days, from_day, to_day FROM judged WHERE outlook IS NULL"
)

REFINE = """
UPDATE sessions_app_weekhours AS week SET forecast = found.forecast, computed_at = %(now)s
FROM unnest(%(clients)s::uuid[], %(forecasts)s::text[]) AS found (client_id, forecast)
WHERE week.client_id = found.client_id AND week.week = %(first)s AND week.forecast <> found.forecast"""

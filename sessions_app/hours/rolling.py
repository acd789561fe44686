"""Many weeks at once: one pass over the finished attendance says which stored weeks it gives exactly, and which not.

A week is vouched for only if nothing about it needs a closer look: every session counted, one episode and one dose from
its first day to its last, first versions only, no target set by a person. What is vouched for equals what
`sql.COMPUTE_WEEK` would write, to the minute; everything else goes to that statement, which is the only one that writes.

Attendance is read in the order of its index (client, week), so that adding up needs no table of all weeks in memory.
"""

from __future__ import annotations

# Parameters: program, first, last (dates, whole weeks), countable (text[]), now, by_timetable (whether sessions called
# off lower the target), and the hour definition: group_minutes, counts_as, from_percent.

# Where the limits of two policy versions differ, a record between them is looked at more closely. So is everything of a
# program that ever split sessions at midnight.
_KEPT = """
kept AS MATERIALIZED (
  SELECT greatest(min(no_show_below_minutes), 1) AS low, greatest(max(no_show_below_minutes), 1) AS high,
    bool_or(attribution = 'split') AS split
  FROM sessions_app_attendancepolicy WHERE program_id = %(program)s
)"""

# Days with one dose of one client: one episode alone touches these weeks, cut where another dose begins.
_SPAN = """
episode AS MATERIALIZED (
  SELECT e.id, e.client_id, e.level_id, e.starts_on, coalesce(e.ends_on, 'infinity'::date) AS ends_on
  FROM groups_enrolment e
  WHERE e.program_id = %(program)s AND e.starts_on <= %(last)s AND (e.ends_on IS NULL OR e.ends_on >= %(first)s)
), dosed AS MATERIALIZED (
  SELECT en.id, en.client_id, en.level_id, en.starts_on, en.ends_on, d.starts_on AS holds_from,
    d.weekly_minutes AS minutes, d.weekly_days AS days,
    lead(d.starts_on) OVER (PARTITION BY en.id ORDER BY d.starts_on) - 1 AS holds_to
  FROM episode en JOIN groups_prescribeddose d ON d.enrolment_id = en.id WHERE d.program_id = %(program)s
), span AS MATERIALIZED (
  SELECT en.client_id, en.starts_on AS from_day, least(en.ends_on, changed.first_on - 1) AS to_day,
    l.weekly_minutes AS goal, l.weekly_days AS goal_days
  FROM episode en JOIN groups_levelofcare l ON l.id = en.level_id
  LEFT JOIN (SELECT id, min(holds_from) AS first_on FROM dosed GROUP BY id) changed ON changed.id = en.id
  WHERE NOT EXISTS (SELECT FROM episode o WHERE o.client_id = en.client_id AND o.id <> en.id)
  UNION ALL
  SELECT d.client_id, greatest(d.starts_on, d.holds_from), least(d.ends_on, d.holds_to), d.minutes, d.days
  FROM dosed d WHERE NOT EXISTS (SELECT FROM episode o WHERE o.client_id = d.client_id AND o.id <> d.id)
)"""

# What needs the closer look: weeks with seats to come (or, where the timetable lowers targets, with sessions called off)
# as a whole, and single weeks of clients.
_DOUBT = """
odd AS MATERIALIZED (
  SELECT s.id, {week of s} AS week, s.service_type <> ALL (%(countable)s) AS uncounted,
    s.finalised_at IS NULL AND s.status <> 'cancelled'
      AND (s.ends_at > %(now)s OR s.status IN ('live', 'ended')) AS coming, s.status = 'cancelled' AS called_off
  FROM sessions_app_session s
  WHERE s.program_id = %(program)s AND s.local_date BETWEEN %(first)s AND %(last)s
    AND (s.service_type <> ALL (%(countable)s) OR s.finalised_at IS NULL OR s.status = 'cancelled')
), unsettled AS MATERIALIZED (
  SELECT coalesce(array_agg(DISTINCT week), '{{}}') AS weeks FROM odd
  WHERE coming OR called_off AND %(by_timetable)s
), doubt AS MATERIALIZED (
  SELECT r.client_id, {week of r} AS week FROM sessions_app_attendancerecord r
  WHERE r.version > 1 AND r.program_id = %(program)s AND r.local_date BETWEEN %(first)s AND %(last)s
  UNION
  SELECT r.client_id, odd.week FROM odd JOIN sessions_app_attendancerecord r ON r.session_id = odd.id
  WHERE odd.uncounted AND r.program_id = %(program)s
  UNION
  SELECT t.client_id, (t.week - {epoch}) / 7 FROM sessions_app_weektarget t
  WHERE t.program_id = %(program)s AND t.week BETWEEN %(first)s AND %(last)s
)"""

# Every client's weeks, added up from the finished rows. The days are seven bits, the first day the lowest; bit 8 asks for
# the closer look.
_TOTAL = """
total AS (
  SELECT r.client_id, {week of r} AS week,
    sum(CASE WHEN {attended} AND r.credited_minutes >= (SELECT low FROM kept) THEN {counted} ELSE 0 END) AS minutes,
    bit_or(CASE WHEN NOT {attended} OR r.credited_minutes < (SELECT low FROM kept) THEN 0
      WHEN r.credited_minutes < (SELECT high FROM kept) THEN 128
      ELSE 1 << (r.local_date - {epoch}) %% 7 END) AS days
  FROM sessions_app_attendancerecord r
  WHERE r.program_id = %(program)s AND {week of r} BETWEEN (%(first)s - {epoch}) / 7 AND (%(last)s - {epoch}) / 7
  GROUP BY r.client_id, {week of r}
)"""
_ATTENDED = "r.status IN ('attended', 'partial')"
_CLOCK = "r.credited_minutes"
_THERAPEUTIC = """CASE
      WHEN r.delivered_minutes >= %(group_minutes)s AND r.credited_minutes * 100 >= %(from_percent)s * %(group_minutes)s
      THEN greatest(%(counts_as)s, r.credited_minutes) ELSE r.credited_minutes END"""

# Nearly every week is as it must be. The planner, asked about the figures one by one, would expect none; of a CASE it
# expects half.
_VOUCHED = """
vouched AS MATERIALIZED (
  SELECT t.client_id, t.week
  FROM total t
  JOIN sessions_app_weekhours w ON w.client_id = t.client_id AND (w.week - {epoch}) / 7 = t.week
  JOIN span s ON s.client_id = t.client_id
  WHERE w.program_id = %(program)s AND w.week BETWEEN %(first)s AND %(last)s
    AND CASE WHEN (w.week - {epoch}) %% 7 = 0 AND s.from_day <= w.week AND s.to_day >= w.week + 6
      AND w.prescribed_minutes = s.goal AND w.prescribed_days = s.goal_days AND w.full_minutes = s.goal
      AND w.days_in_force = 7 AND w.to_come_minutes = 0 AND w.called_off_minutes = 0 AND w.target_basis = 'full'
      AND w.forecast = CASE WHEN w.minutes >= s.goal AND w.days >= s.goal_days THEN 'met' ELSE 'cannot_reach' END
      THEN true ELSE false END
    AND CASE WHEN t.minutes = w.minutes AND t.days < 128 AND bit_count(t.days::bit(7)) = w.days THEN true ELSE false END
    AND t.week <> ALL ((SELECT weeks FROM unsettled)::int[])
    AND NOT (SELECT split FROM kept)
    AND NOT EXISTS (SELECT FROM doubt WHERE doubt.client_id = t.client_id AND doubt.week = t.week)
)"""

# As many vouched for as there are weeks of clients: nothing is left. Otherwise whose weeks are, unless they are many.
_LEFT = """
SELECT {epoch} + 7 * w.week, CASE WHEN count(*) <= %(few)s THEN array_agg(DISTINCT e.client_id) END
FROM episode e
JOIN generate_series((%(first)s - {epoch}) / 7, (%(last)s - {epoch}) / 7) AS w (week)
  ON e.starts_on <= {epoch} + 7 * w.week + 6 AND e.ends_on >= {epoch} + 7 * w.week
WHERE (SELECT count(*) FROM vouched) <> (
    SELECT sum((least(ends_on, %(last)s) - {epoch}) / 7 - (greatest(starts_on, %(first)s) - {epoch}) / 7 + 1) FROM episode)
  AND NOT EXISTS (SELECT FROM vouched v WHERE v.client_id = e.client_id AND v.week = w.week)
GROUP BY w.week ORDER BY w.week"""

# Weeks are counted from a day on which one began. Those that begin on Sunday have an index in their order.
_EPOCH = {"sun": "DATE '2000-01-02'", "mon": "DATE '2000-01-03'"}


def not_vouched_for(week_start: str, definition: str) -> str:
    """The statement for programs whose weeks begin on "sun" or "mon", with "clock" or "therapeutic" hours.

    Its rows: first date of a week in which something is left, the clients (None: more than `few`).
    """
    text = "WITH " + ", ".join((_KEPT, _SPAN, _DOUBT, _TOTAL, _VOUCHED)) + _LEFT
    counted = _CLOCK if definition == "clock" else _THERAPEUTIC
    text = text.replace("{attended}", _ATTENDED).replace("{counted}", counted).replace("{{}}", "{}")
    for row in ("r", "s"):
        text = text.replace(f"{{week of {row}}}", f"(({row}.local_date - {{epoch}}) / 7)")
    return text.replace("{epoch}", _EPOCH[week_start])

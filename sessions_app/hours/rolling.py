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

# What holds of nearly every row is written as CASE WHEN ... THEN 1 END IS NOT NULL: of that the planner expects that it
# does. Asked about the conditions one by one it would expect hardly a row, and join a million by the plan for a few.

# Days with one dose of one client: one episode alone touches these weeks, cut where another dose begins. No UNION ALL at
# the top, so that the planner knows how many clients these are.
_SPAN = """
episode AS MATERIALIZED (
  SELECT e.id, e.client_id, e.level_id, e.starts_on, coalesce(e.ends_on, 'infinity'::date) AS ends_on
  FROM groups_enrolment e
  WHERE e.program_id = %(program)s AND e.starts_on <= %(last)s AND (e.ends_on IS NULL OR e.ends_on >= %(first)s)
), several AS MATERIALIZED (
  SELECT e.client_id FROM episode e JOIN episode o ON o.client_id = e.client_id AND o.id > e.id
), dosed AS MATERIALIZED (
  SELECT en.id, d.starts_on AS from_day, d.weekly_minutes AS minutes, d.weekly_days AS days,
    lead(d.starts_on) OVER (PARTITION BY en.id ORDER BY d.starts_on) - 1 AS to_day
  FROM episode en JOIN groups_prescribeddose d ON d.enrolment_id = en.id WHERE d.program_id = %(program)s
), part AS MATERIALIZED (
  SELECT id, from_day, to_day, minutes, days FROM dosed
  UNION ALL
  SELECT id, NULL, min(from_day) - 1, NULL, NULL FROM dosed GROUP BY id
), span AS MATERIALIZED (
  SELECT en.client_id, greatest(en.starts_on, part.from_day) AS from_day, least(en.ends_on, part.to_day) AS to_day,
    coalesce(part.minutes, l.weekly_minutes) AS goal, coalesce(part.days, l.weekly_days) AS goal_days
  FROM episode en LEFT JOIN groups_levelofcare l ON l.id = en.level_id LEFT JOIN part ON part.id = en.id
  WHERE CASE WHEN en.client_id NOT IN (SELECT client_id FROM several) THEN 1 END IS NOT NULL
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

# Every client's weeks, added up from the finished rows that count. The days are seven bits, the first day the lowest; bit
# 8 asks for the closer look.
_TOTAL = """
total AS (
  SELECT r.client_id, {week of r} AS week, sum({counted}) AS minutes,
    bit_or(CASE WHEN r.credited_minutes < (SELECT high FROM kept) THEN 128 ELSE 1 << (r.local_date - {epoch}) %% 7 END)
      AS days
  FROM sessions_app_attendancerecord r
  WHERE r.program_id = %(program)s AND r.local_date BETWEEN %(first)s AND %(last)s
    AND r.credited_minutes >= (SELECT low FROM kept) AND r.status IN ('attended', 'partial')
  GROUP BY r.client_id, {week of r}
), attended AS (
  SELECT client_id, array_agg({fact}) AS facts FROM total GROUP BY client_id
)"""
# Week, minutes and number of days as one number, so that all of a client's weeks are one row to find, not one each: a week
# has less than 2^40 minutes; 255 days are no week's.
_FACT = (
    "(week::bigint << 48) + (minutes << 8) + CASE WHEN days < 128 THEN bit_count(days::bit(7)) ELSE 255 END"
)
_CLOCK = "r.credited_minutes"
_THERAPEUTIC = """CASE
      WHEN r.delivered_minutes >= %(group_minutes)s AND r.credited_minutes * 100 >= %(from_percent)s * %(group_minutes)s
      THEN greatest(%(counts_as)s, r.credited_minutes) ELSE r.credited_minutes END"""

# The stored weeks that one dose covers, looked at in one pass: only what is not vouched for is remembered.
_LOOKED = """
looked AS MATERIALIZED (
  SELECT count(*) AS stored, array_agg((w.client_id, {week of w})) FILTER (WHERE (
    w.days BETWEEN 0 AND 7 AND (
      ({week of w}::bigint << 48) + (w.minutes::bigint << 8) + w.days = ANY (a.facts)
      OR w.minutes = 0 AND w.days = 0 AND NOT EXISTS (SELECT FROM unnest(a.facts) fact WHERE fact >> 48 = {week of w}))
    AND w.prescribed_minutes = s.goal AND w.prescribed_days = s.goal_days AND w.full_minutes = s.goal
    AND w.days_in_force = 7 AND w.to_come_minutes = 0 AND w.called_off_minutes = 0 AND w.target_basis = 'full'
    AND w.forecast = CASE WHEN w.minutes >= s.goal AND w.days >= s.goal_days THEN 'met' ELSE 'cannot_reach' END
    AND {week of w} <> ALL ((SELECT weeks FROM unsettled)::int[]) AND NOT (SELECT split FROM kept)
    AND (w.client_id, {week of w}) NOT IN (SELECT client_id, week FROM doubt)
    ) IS NOT TRUE) AS others
  FROM sessions_app_weekhours w
  JOIN (span s LEFT JOIN attended a USING (client_id)) ON s.client_id = w.client_id
    AND CASE WHEN s.from_day <= w.week AND s.to_day >= w.week + 6 AND (w.week - {epoch}) %% 7 = 0 THEN 1 END IS NOT NULL
  WHERE w.program_id = %(program)s AND w.week BETWEEN %(first)s AND %(last)s
)"""

# What is left: stored weeks that are not vouched for; weeks that no dose covers from their first day to their last; and
# covered weeks without a row, which are looked for only when their number says that there are some.
_LEFT = """
week AS (
  SELECT n, {epoch} + 7 * n AS first_day, {epoch} + 7 * n + 6 AS last_day
  FROM generate_series((%(first)s - {epoch}) / 7, (%(last)s - {epoch}) / 7) n
), ragged AS MATERIALIZED (
  SELECT e.client_id, e.starts_on, e.ends_on FROM episode e
  WHERE NOT EXISTS (
    SELECT FROM span s WHERE s.client_id = e.client_id AND s.from_day <= %(first)s AND s.to_day >= %(last)s)
), open AS (
  SELECT pair.client_id, pair.week FROM looked CROSS JOIN LATERAL unnest(others) AS pair (client_id uuid, week int)
  UNION ALL
  SELECT e.client_id, week.n FROM ragged e JOIN week ON e.starts_on <= last_day AND e.ends_on >= first_day
  WHERE NOT EXISTS (
    SELECT FROM span s WHERE s.client_id = e.client_id AND s.from_day <= first_day AND s.to_day >= last_day)
  UNION ALL
  SELECT s.client_id, week.n FROM span s JOIN week ON s.from_day <= first_day AND s.to_day >= last_day
  WHERE (SELECT stored FROM looked) <> (SELECT sum(greatest(0, (least(to_day, %(last)s) + 1 - {epoch}) / 7
      - (greatest(from_day, %(first)s) + 6 - {epoch}) / 7)) FROM span)
    AND NOT EXISTS (SELECT FROM sessions_app_weekhours w
      WHERE w.program_id = %(program)s AND w.client_id = s.client_id AND w.week = first_day)
)
SELECT {epoch} + 7 * week, CASE WHEN count(*) <= %(few)s THEN array_agg(DISTINCT client_id) END
FROM open GROUP BY week ORDER BY week"""

# Weeks are counted from a day on which one began. Those that begin on Sunday have an index in their order.
_EPOCH = {"sun": "DATE '2000-01-02'", "mon": "DATE '2000-01-03'"}


def not_vouched_for(week_start: str, definition: str) -> str:
    """The statement for programs whose weeks begin on "sun" or "mon", with "clock" or "therapeutic" hours.

    Its rows: first date of a week in which something is left, the clients (None: more than `few`).
    """
    text = "WITH " + ", ".join((_KEPT, _SPAN, _DOUBT, _TOTAL, _LOOKED, _LEFT))
    counted = _CLOCK if definition == "clock" else _THERAPEUTIC
    text = text.replace("{counted}", counted).replace("{fact}", _FACT).replace("{{}}", "{}")
    for row, day in (("r", "local_date"), ("s", "local_date"), ("w", "week")):
        text = text.replace(f"{{week of {row}}}", f"(({row}.{day} - {{epoch}}) / 7)")
    return text.replace("{epoch}", _EPOCH[week_start])

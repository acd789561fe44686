"""The deep path: credited seconds straight from the evidence, in one set-based statement (R2-R5, AT-2 to AT-9).

A second, independent derivation of what `attendance.rules` computes in Python. `vio recompute` compares both with what
is stored, so that a slip in one of them shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sessions_app.hours.wide import widely

# How old the last proof of life may be when the room closes (evidence.PROOF_HOLDS).
PROOF_SECONDS = 12

# W of each finalised session (R2): planned and held, without breaks as taken; empty when the program called it off (C3).
# Without a break it is the time from `w_from` to `w_to`, and nothing has to be cut out of it.
_WINDOW = """
policy AS (
  SELECT bridge_gap_seconds, CASE WHEN row_number() OVER w = 1 THEN '-infinity'::date ELSE effective_from END AS holds_from,
    coalesce(lead(effective_from) OVER w, 'infinity'::date) AS holds_to
  FROM sessions_app_attendancepolicy WHERE program_id = %(program)s
  WINDOW w AS (ORDER BY effective_from, version)
), held AS MATERIALIZED (
  SELECT s.id, s.status <> 'cancelled' AS ours, p.bridge_gap_seconds, s.starts_at, s.ends_at, s.ended_at,
    greatest(s.starts_at, coalesce(s.started_at, s.ended_at, s.starts_at)) AS w_from,
    least(s.ends_at, coalesce(s.ended_at, s.ends_at)) AS w_to
  FROM sessions_app_session s
  JOIN policy p ON s.local_date >= p.holds_from AND s.local_date < p.holds_to
  WHERE s.program_id = %(program)s AND s.finalised_at IS NOT NULL
    AND s.local_date BETWEEN %(first)s AND %(last)s
), pause AS (
  SELECT h.id, range_agg(
    tstzrange(b.taken_start, greatest(b.taken_start, coalesce(b.taken_end, h.ended_at, h.ends_at)))) AS breaks
  FROM held h JOIN sessions_app_sessionbreak b ON b.session_id = h.id
  WHERE b.program_id = %(program)s AND b.taken_start IS NOT NULL GROUP BY h.id
), countable AS MATERIALIZED (
  SELECT h.id, h.bridge_gap_seconds, h.w_from, h.w_to, h.ours AND h.w_to > h.w_from AS counts, pause.breaks
  FROM held h LEFT JOIN pause USING (id)
)"""

# Stays in the room per connection. A stay begins with the first "admitted" after the last "stepped out" and ends with
# the next one, with a close that was somebody's act, or with the last proof of life. The constraint on the table keeps
# equal facts out. Nearly every connection is one stay: it came, and it went once or not at all. What is told of those
# is one grouping of their rows; the others are read again, row by row in order.
_ENDS = """CASE
    WHEN cause IN ('left', 'removed', 'lobby', 'imported') THEN closed
    WHEN cause = 'ended' AND closed - proof <= make_interval(secs => %(proof)s) THEN closed
    ELSE proof END"""
_STAYS = f"""
told AS MATERIALIZED (
  SELECT e.session_id, e.client_id, e.connection, min(e.at) FILTER (WHERE e.kind = 'admitted') AS began,
    max(e.at) FILTER (WHERE e.kind <> 'closed') AS proof, min(e.at) FILTER (WHERE e.kind = 'closed') AS closed,
    min(e.cause) FILTER (WHERE e.kind = 'closed') AS cause, count(*) FILTER (WHERE e.kind = 'closed') AS closes,
    count(*) FILTER (WHERE e.kind IN ('stepped_out', 'withdrawn')) AS turns
  FROM sessions_app_presenceevidence e JOIN countable c ON c.id = e.session_id
  WHERE e.program_id = %(program)s AND e.client_id IS NOT NULL
  GROUP BY e.session_id, e.client_id, e.connection
), tangled AS MATERIALIZED (
  SELECT session_id, client_id, connection FROM told
  WHERE began IS NOT NULL AND (turns > 0 OR closes > 1 OR proof > closed)
), fact AS (
  SELECT e.session_id, e.client_id, e.connection, e.kind, e.at, e.cause,
    array_position(ARRAY['opened', 'admitted', 'seen', 'stepped_out', 'closed']::varchar[], e.kind) AS place
  FROM sessions_app_presenceevidence e JOIN tangled t USING (session_id, client_id, connection)
  WHERE e.program_id = %(program)s AND NOT EXISTS (
    SELECT FROM sessions_app_presenceevidence w
    WHERE w.connection = e.connection AND w.kind = 'withdrawn' AND w.session_id = e.session_id AND w.client_id = e.client_id)
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY session_id, client_id, connection ORDER BY at, place, cause) AS n
  FROM fact
), living AS (
  SELECT *, min(n) FILTER (WHERE kind = 'closed') OVER (PARTITION BY session_id, client_id, connection) AS closed_n
  FROM numbered
), part AS (
  SELECT *, count(*) FILTER (WHERE kind = 'stepped_out') OVER (
      PARTITION BY session_id, client_id, connection ORDER BY n
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS part_n
  FROM living WHERE closed_n IS NULL OR n <= closed_n
), bounds AS (
  SELECT session_id, client_id, min(at) FILTER (WHERE kind = 'admitted') AS began,
    max(at) FILTER (WHERE kind = 'stepped_out') AS stepped_out,
    max(at) FILTER (WHERE kind = 'closed') AS closed, max(cause) FILTER (WHERE kind = 'closed') AS cause,
    max(at) FILTER (WHERE kind <> 'closed') AS proof
  FROM part GROUP BY session_id, client_id, connection, part_n
), any_stay AS (
  SELECT session_id, client_id, began, {_ENDS} AS over
  FROM told WHERE began IS NOT NULL AND turns = 0 AND closes < 2 AND (closed IS NULL OR proof <= closed)
  UNION ALL
  SELECT session_id, client_id, began, coalesce(stepped_out, {_ENDS}) FROM bounds WHERE began IS NOT NULL
), stay AS MATERIALIZED (SELECT * FROM any_stay WHERE over > began)"""  # noqa: S608  # our own parts

# Who stayed once in an evening without a break is credited what both have in common. Otherwise: the union over
# connections, bridged (every stay is lengthened by the bridge, united, and each piece shortened again, R4), inside W.
_CREDIT = """
evening AS MATERIALIZED (
  SELECT session_id, client_id, count(*) AS stays, min(began) AS began, max(over) AS over
  FROM stay GROUP BY session_id, client_id
), bridged AS (
  SELECT st.session_id, st.client_id, c.id, make_interval(secs => c.bridge_gap_seconds) AS bridge,
    range_agg(tstzrange(st.began, st.over + make_interval(secs => c.bridge_gap_seconds))) AS pieces
  FROM evening e JOIN countable c ON c.id = e.session_id
  JOIN stay st ON st.session_id = e.session_id AND st.client_id = e.client_id
  WHERE c.counts AND (e.stays > 1 OR c.breaks IS NOT NULL)
  GROUP BY st.session_id, st.client_id, c.id, c.bridge_gap_seconds
), present AS (
  SELECT session_id, client_id, tstzmultirange(tstzrange(w_from, w_to)) - coalesce(breaks, '{}'::tstzmultirange) AS w,
    (SELECT range_agg(tstzrange(lower(p), upper(p) - bridge)) FROM unnest(pieces) p) AS pieces
  FROM bridged JOIN countable USING (id)
)"""

_DERIVED = """
derived AS (
  SELECT e.session_id, e.client_id, CASE WHEN c.counts THEN greatest(floor(extract(
    epoch FROM least(e.over, c.w_to) - greatest(e.began, c.w_from))), 0)::int ELSE 0 END AS seconds
  FROM evening e JOIN countable c ON c.id = e.session_id
  WHERE NOT c.counts OR (e.stays = 1 AND c.breaks IS NULL)
  UNION ALL
  SELECT session_id, client_id, (
    SELECT coalesce(floor(sum(extract(epoch FROM upper(r) - lower(r)))), 0)::int FROM unnest(pieces * w) r
  ) FROM present
)"""

# The latest computed version: what a person corrected is no figure of the evidence.
_STORED = """
stored AS (
  SELECT r.session_id, r.client_id, r.credited_seconds
  FROM sessions_app_attendancerecord r JOIN countable c ON c.id = r.session_id
  WHERE r.program_id = %(program)s AND r.source = 'computed' AND NOT EXISTS (
    SELECT FROM sessions_app_attendancerecord later WHERE later.version > 1 AND later.session_id = r.session_id
      AND later.client_id = r.client_id AND later.source = 'computed' AND later.version > r.version)
)"""

_FROM_EVIDENCE = f"WITH {_WINDOW}, {_STAYS}, {_CREDIT}, {_DERIVED}"
CREDITED_SECONDS = f"{_FROM_EVIDENCE} SELECT session_id, client_id, seconds FROM derived"  # noqa: S608  # our own parts
DISAGREEING = f"""{_FROM_EVIDENCE}, {_STORED}
SELECT session_id, client_id, coalesce(s.credited_seconds, 0), coalesce(d.seconds, 0)
FROM stored s FULL JOIN derived d USING (session_id, client_id)
WHERE coalesce(s.credited_seconds, 0) <> coalesce(d.seconds, 0) ORDER BY session_id, client_id
"""  # noqa: S608  # our own parts


@dataclass(frozen=True)
class DeepDifference:
    """A stored figure that the evidence does not give by this path."""

    session_id: UUID
    client_id: UUID
    stored: int
    derived: int


def credited_seconds(program_id: UUID, first: date, last: date) -> dict[tuple[UUID, UUID], int]:
    """{(session, client): seconds} of all finalised sessions of these dates; who never entered a room is absent."""
    with widely() as cursor:
        cursor.execute(CREDITED_SECONDS, _values(program_id, first, last))
        rows = cursor.fetchall()
    return {(session, client): seconds for session, client, seconds in rows}


def disagreeing(program_id: UUID, first: date, last: date) -> list[DeepDifference]:
    """Computed records whose seconds the statement derives differently; none when all is well."""
    with widely() as cursor:
        cursor.execute(DISAGREEING, _values(program_id, first, last))
        rows = cursor.fetchall()
    return [DeepDifference(*row) for row in rows]


def _values(program_id: UUID, first: date, last: date) -> dict[str, UUID | date | int]:
    return {"program": program_id, "first": first, "last": last, "proof": PROOF_SECONDS}

"""News of this app, declared once.

`client_risk_asked` asks upward: a receiver answers "high" or "standard" for {client_id}; any "high" wins (F2).
`session_ended` tells {session_id, program_id, now} after a held session's attendance is computed and committed.
`attendance_changed` tells {program_id, session_id, client_ids, local_dates, cause, now} inside the transaction that
wrote a new version, so that what is derived from it (weekly hours, the mark for an addendum) commits with it or not at
all; `cause` is finalised, recomputed, imported, excused or corrected.
`evidence_withdrawn` tells {session_id, client_ids, now} inside the transaction that took presence evidence of these clients
back, after their attendance was computed without it.
`clients_appeared` tells {session_id, client_ids, now}; sent by the room when their connections open (F1, C9).
`support_unanswered` tells {session_id, client_id, asked_at, now} inside the transaction that says nobody took up a silent
hand within a minute, so that the alert commits with it.
`checkin_shared` tells {session_id, client_id, mood, urge, now} inside the transaction of an answer in a go-round that the
client ticked to be kept; without the tick it is never sent.
`board_flags_asked` asks upward: for {actor, client_ids, now} a receiver answers {client id: (level, address)}, level "red"
or "orange", with nothing the actor may not see; the tonight board points these out privately.
"""

from django.dispatch import Signal

client_risk_asked = Signal()
session_ended = Signal()
attendance_changed = Signal()
evidence_withdrawn = Signal()
clients_appeared = Signal()
support_unanswered = Signal()
checkin_shared = Signal()
board_flags_asked = Signal()

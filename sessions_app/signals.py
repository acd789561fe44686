"""News for the app above: sent by services, received in `checkins`.

`client_risk_asked` asks upward: a receiver answers "high" or "standard" for {client_id}; any "high" wins (F2).
`session_ended` tells {session_id} after a session's attendance was computed.
"""

from django.dispatch import Signal

client_risk_asked = Signal()
session_ended = Signal()

# A client connected to a session: {session_id, client_id, now}. Sent by the room when a connection opens (F1, C9).
client_appeared = Signal()

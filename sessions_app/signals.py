"""News for the app above: sent by services, received in `checkins`.

`client_risk_asked` asks upward: a receiver answers "high" or "standard" for {client_id}; any "high" wins (F2).
`session_ended` tells {session_id} after a session's attendance was computed.
"""

from django.dispatch import Signal

client_risk_asked = Signal()
session_ended = Signal()

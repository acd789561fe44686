"""What the outbox asks the apps above, declared once: this layer knows no client, no number and no group.

`address_asked` asks for {person_id, program_id, channel} where a message may go now: a receiver answers the address, '' for
"not that way" (not safe, not wanted, no number), or None when it has no opinion. `still_wanted_asked` asks, the moment
before a message leaves, whether {kind, key, program_id, person_id, now} still stands: a receiver answers False to take it back.
"""

from django.dispatch import Signal

address_asked = Signal()
still_wanted_asked = Signal()

"""News for the apps above: sent by services inside their transaction, received in `sessions_app`.

`roster_changing` asks before a place or an episode begins or ends: {program_id, group_id or None, client_id,
from_date, adding, now}; from `from_date` on the client is, or is no longer, expected. A receiver raises ConflictError
where a roster of the past would change. `place_given` tells {place, anyway, now} inside the transaction that gave a client
or a leader a place in a group; a receiver refuses one person in two places at once, or asks about it (`anyway`).
`leader_left` tells {program_id, person_id, group_id or None (every group), from_date, observes, actor, now} inside the
transaction in which somebody lost a place at the head of a group, or the role for it; with `observes`, they may look on still.
`timetable_changed` tells {series, actor, now, anyway} after a series was made, changed or ended; unless `anyway` is None or
missing, a receiver refuses and asks in the same way; `given_back` is a date of it that was
called off and is no more. `series_split` tells {old, new, from_date} when a new series carries on
for an old one, before the two are told of: the sessions from that date on go over.
`zone_changed` tells {program, old, actor, now} before the timetables of a program that moved to another zone are told of.
`holiday_added` and `holiday_removed` tell {holiday, actor, now}; a removed one, told with `anyway` as above, has
left its table.
`groups_covered_asked` asks upward: for {actor, permission, now} a receiver answers a query of the ids of groups that the actor
leads for one session about now, though not as one of the group's own staff.
"""

from django.dispatch import Signal

roster_changing = Signal()
place_given = Signal()
leader_left = Signal()
timetable_changed = Signal()
series_split = Signal()
holiday_added = Signal()
holiday_removed = Signal()
groups_covered_asked = Signal()
zone_changed = Signal()

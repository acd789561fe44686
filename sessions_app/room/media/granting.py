"""Whether somebody may have picture and sound right now, asked of the database and never of what a socket remembers."""

from __future__ import annotations

from datetime import datetime

from sessions_app.room import access, log
from sessions_app.room.access import Ticket
from sessions_app.room.errors import RoomError
from sessions_app.room.media.backend import MediaUnavailableError, backend
from sessions_app.room.media.grants import Grant, Seat
from sessions_app.room.words import Phase, Place
from vio.common.errors import NotAllowedError
from vio.common.permissions import Permission
from vio.common.scope import scope


def seat_of(ticket: Ticket, *, now: datetime) -> Seat:
    """The seat of somebody who is in the room. Raises AccessError, NotAllowedError, or RoomError for anybody else."""
    standing = access.standing(ticket, now=now)
    if not standing.may(Permission.TAKE_PART):
        raise NotAllowedError
    with scope({standing.program_id}):
        room = log.moment(standing.session_id).room
    if room.phase is Phase.ENDED:
        raise RoomError("room_ended")
    if room.place_of(str(standing.person_id)) is not Place.IN:
        raise RoomError("not_in_room")
    return Seat(
        session=standing.session_id,
        person=str(standing.person_id),
        role=standing.role,
        side=room.side_of(str(standing.person_id)),
        share_open=room.share_open,
    )


def grant(ticket: Ticket, *, now: datetime) -> Grant:
    """A grant for somebody who is in the room; raises as `seat_of`, or RoomError("media_unavailable")."""
    seat = seat_of(ticket, now=now)
    try:
        return backend().grant(seat, now=now)
    except MediaUnavailableError as error:
        raise RoomError("media_unavailable") from error

"""Values of picture and sound: who asks, and the grant they get. No clock, network or database here."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from sessions_app.room.words import PersonId, Role

GRANT_LIFE = timedelta(minutes=10)
"""How long a grant holds; a browser in the room asks again before."""

Kind = Literal["mesh", "janus", "livekit"]
Source = Literal["mic", "camera", "screen"]


class Seat(BaseModel):
    """One admitted person of one session, as they may take part in picture and sound now."""

    model_config = ConfigDict(frozen=True)

    session: UUID
    person: PersonId
    role: Role
    side: str = ""
    """The side room this person is in; people in different ones neither hear nor see each other."""
    share_open: bool = False
    """Whether staff let clients share their screens."""

    @property
    def may_publish(self) -> tuple[Source, ...]:
        """What this person may send: an observer nothing, a client a screen only when staff allow it."""
        if self.role is Role.OBSERVER:
            return ()
        if self.role.hosts or self.share_open:
            return ("mic", "camera", "screen")
        return ("mic", "camera")


class IceServer(BaseModel):
    """A relay (or an address finder) as a browser's RTCPeerConnection takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class Grant(BaseModel):
    """Where picture and sound are and what one may send; fits one session and one person until `expires`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    url: str = ""
    room: str = ""
    peer: str = ""
    """The name under which this person is known at the media server; empty without one."""
    token: str = ""
    entry: str = ""
    """Janus only: what opens this one room."""
    ice: tuple[IceServer, ...] = ()
    relay_only: bool = False
    """Whether browsers may only meet through a relay, so that nobody learns anybody's address (AZ-7)."""
    may_publish: tuple[Source, ...] = ()
    most_cameras: int
    """How many cameras are shown at most; further ones stay off, staff and whoever speaks first."""
    expires: datetime


class Participant(BaseModel):
    """Somebody at the media server. `person` is empty when the server's name for them is not one that was granted."""

    model_config = ConfigDict(frozen=True)

    peer: str
    person: str
    side: str = ""
    """The side room in which they are."""

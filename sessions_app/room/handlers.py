"""Command -> the permission it needs -> what is done. The consumer knows this table and no feature.

Lasting commands all go the same way: into the next batch, through the rules, into the log. Passing ones are answered here.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from sessions_app.room import activity_commands as ac
from sessions_app.room import commands as c
from sessions_app.room import joining
from sessions_app.room.batch import Entry, Outcome
from sessions_app.room.errors import RoomError
from sessions_app.room.hub import Hub
from sessions_app.room.link import Link
from sessions_app.room.media import granting
from sessions_app.room.media.addresses import reveals_address
from sessions_app.room.replies import (
    CaptionSeen,
    ErrorReply,
    MediaGranted,
    MediaSeen,
    ReactionSeen,
    SignalReceived,
    TypingSeen,
    ack_wire,
    pong_wire,
    wire,
)
from sessions_app.room.snapshots import numbers_for
from sessions_app.room.words import Role
from vio.common.errors import DomainError, RateLimitedError
from vio.common.permissions import Permission

Run = Callable[[Hub, Link, Any], Awaitable[None] | None]
"""Raises what refuses the command at once; what takes time is given back, and nothing waits for it."""
MOST_UNANSWERED = 100
"""Commands of one connection that wait for the database; far more than a person says while a commit is slow."""


@dataclass(frozen=True, slots=True)
class Handler:
    """What one command needs and does; `counts_as` is the limit it is counted under (WS-4)."""

    needed_permission: Permission
    run: Run
    counts_as: str = "commands"


def commit(hub: Hub, link: Link, command: c.Command) -> None:
    """A lasting command: answered when it is committed, or refused by the rules or the access."""
    if link.unanswered >= MOST_UNANSWERED:
        raise RateLimitedError
    link.unanswered += 1
    hub.committer.put(
        Entry(
            session_id=link.standing.session_id,
            program_id=link.standing.program_id,
            person_id=link.standing.person_id,
            client_id=link.standing.client_id,
            role=link.standing.role,
            connection=link.id,
            login=link.login,
            permission=HANDLERS[type(command)].needed_permission,
            source=link.source,
            what=command,
        ),
        _Sender(link, str(command.id)),
    )


class _Sender:
    """The connection that a command came from: what it hears of the commit and its answer go out in one write."""

    __slots__ = ("_command", "_expects", "_link")

    def __init__(self, link: Link, command: str) -> None:
        self._link, self._command = link, command
        self._expects = False

    def expect(self) -> None:
        self._link.collect()
        self._expects = True

    def tell(self, outcome: Outcome) -> None:
        self._link.unanswered -= 1
        try:
            if outcome.error is None:
                self._link.send(ack_wire(self._command, outcome.numbers))
            else:
                refuse(self._link, outcome.error, self._command)
        finally:
            if self._expects:
                self._link.flush()


def refuse(link: Link, error: DomainError, command_id: str | None) -> None:
    """Tells one browser that its command changed nothing, and why."""
    link.send(wire(ErrorReply(id=command_id, code=error.code, message=error.message)))


def prove(hub: Hub, link: Link) -> None:
    """Any frame is a proof of life; it is written with the next tick. What came while we slept proves nothing about now."""
    link.alive = time.monotonic()
    if hub.pulse.just_slept():
        return
    link.last_seen = hub.now()
    if link.counted:
        hub.presence.note(joining.proof(link))


def ping(hub: Hub, link: Link, command: c.Ping) -> None:
    """Answered from memory."""
    link.outbox.proves(command.heads)
    room = hub.rooms.get(link.standing.session_id)
    heads = numbers_for(link.audiences, room.heads if room else {})
    link.send(pong_wire(str(command.id), link.last_seen, heads))


async def resume(hub: Hub, link: Link, command: c.Resume) -> None:
    """What this browser lacks, once and in order."""
    await joining.resume(hub, link, command.numbers)


def signal(hub: Hub, link: Link, command: c.SignalSend) -> None:
    """To one other person in the room; the sender is stamped here (AZ-7)."""
    _require_inside(link)
    if settings.MEDIA_RELAY_ONLY and reveals_address(command.payload):
        raise RoomError("address_refused")
    frame = SignalReceived(sender=link.person, payload=command.payload)
    hub.pass_on(link, wire(frame), to=command.to)


def typing(hub: Hub, link: Link, command: c.Typing) -> None:
    """Somebody is writing."""
    _require_inside(link)
    hub.pass_on(link, wire(TypingSeen(person=link.person)))


def caption(hub: Hub, link: Link, command: c.CaptionSay) -> None:
    """What somebody is saying, in words. Like the voice itself it is everybody's in the same room and is not kept; who is muted
    stays unread at every receiver, as they stay unheard."""
    _require_inside(link)
    if link.standing.role is Role.OBSERVER:
        raise RoomError("not_allowed")
    said = CaptionSeen(person=link.person, line=command.line, text=command.text, final=command.final)
    hub.pass_on(link, wire(said))


def media(hub: Hub, link: Link, command: c.MediaState) -> None:
    """Somebody's microphone, camera or screen went on or off."""
    _require_inside(link)
    seen = command.model_dump(exclude={"id", "type"})
    hub.pass_on(link, wire(MediaSeen(person=link.person, **seen)))


async def join_media(hub: Hub, link: Link, command: c.MediaJoin) -> None:
    """A grant for picture and sound, told to this connection alone and kept nowhere."""
    _require_inside(link)
    grant = await hub.media_threads.run(granting.grant, link.ticket, now=hub.now())
    link.send(wire(MediaGranted(id=str(command.id), grant=grant)))
    link.send(ack_wire(str(command.id), {}))


def react(hub: Hub, link: Link, command: ac.React) -> None:
    """A sign without a word, to everybody in the same room."""
    _require_inside(link)
    if link.standing.role is Role.OBSERVER:
        raise RoomError("not_allowed")
    hub.pass_on(link, wire(ReactionSeen(person=link.person, reaction=command.reaction)))


def _require_inside(link: Link) -> None:
    if not link.is_inside:
        raise RoomError("not_in_room")


_part = Handler(Permission.TAKE_PART, commit)
_host = Handler(Permission.HOST_ROOM, commit)

HANDLERS: dict[type[c.Command], Handler] = {
    c.Ping: Handler(Permission.JOIN_ROOM, ping),
    c.Resume: Handler(Permission.JOIN_ROOM, resume),
    c.ChatSend: replace(_part, counts_as="chat"),
    c.HandRaise: _part,
    c.HandLower: _part,
    c.RoomLeave: Handler(Permission.JOIN_ROOM, commit),
    c.ClientAdmit: _host,
    c.ClientAdmitAll: _host,
    c.ClientRemove: _host,
    c.ClientRestore: _host,
    c.ClientToLobby: _host,
    c.ClientMute: _host,
    c.ClientUnmute: _part,
    c.ClientCameraOff: _host,
    c.ClientCameraOn: _part,
    c.ShareAllow: _host,
    c.EveryoneMute: _host,
    c.RoomOpen: _host,
    c.RoomStart: _host,
    c.BreakStart: _host,
    c.BreakEnd: _host,
    c.RoomEnd: _host,
    c.RoomLock: _host,
    c.RoomUnlock: _host,
    c.ChatSetMode: _host,
    c.AdmissionSet: _host,
    c.SupportRequest: _part,
    c.SupportAnswer: _host,
    ac.HostHand: _host,
    ac.SpotlightSet: _host,
    ac.TimerStart: _host,
    ac.TimerStop: _host,
    ac.BreakoutsOpen: _host,
    ac.BreakoutsRecall: _host,
    ac.BreakoutAssign: _host,
    ac.SideEnter: _host,
    ac.AsideOpen: _host,
    ac.AsideClose: _part,
    ac.PollOpen: _host,
    ac.PollVote: _part,
    ac.PollClose: _host,
    ac.PollShare: _host,
    ac.RoundStart: _host,
    ac.RoundNext: _part,
    ac.RoundAnswer: _part,
    ac.RoundStop: _host,
    ac.TextShow: _host,
    ac.TextHide: _host,
    ac.React: Handler(Permission.TAKE_PART, react, counts_as="chat"),
    c.SignalSend: Handler(Permission.TAKE_PART, signal, counts_as="signals"),
    c.Typing: Handler(Permission.TAKE_PART, typing),
    c.CaptionSay: Handler(Permission.TAKE_PART, caption, counts_as="captions"),
    c.MediaState: Handler(Permission.TAKE_PART, media),
    c.MediaJoin: Handler(Permission.TAKE_PART, join_media),
}

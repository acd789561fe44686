"""Cameras and shared screens: what staff may stop, and what a client may lift."""

from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.case import (
    Case,
    Events,
    client_in,
    require_host,
    require_live,
    require_taking_part,
)
from sessions_app.room.words import Place


def stop_camera(case: Case, command: c.ClientCameraOff) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.IN, otherwise="not_in_room")
    if client.id in case.state.cameras_stopped:
        raise RoomError("camera_already_stopped")
    return [e.ClientCameraStopped(at=case.now, person=client.id, by=case.me)]


def resume_camera(case: Case, command: c.ClientCameraOn) -> Events:
    require_taking_part(case)
    if case.me not in case.state.cameras_stopped:
        raise RoomError("camera_not_stopped")
    return [e.ClientCameraResumed(at=case.now, person=case.me)]


def allow_share(case: Case, command: c.ShareAllow) -> Events:
    require_host(case)
    require_live(case)
    if command.allowed is case.state.share_open:
        raise RoomError("same_share")
    return [e.ShareChanged(at=case.now, allowed=command.allowed, by=case.me)]

"""Addresses of sessions_app.room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.room import pages
from sessions_app.room.door import pages as door_pages
from sessions_app.room.media import hooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("sessions/<uuid:session_id>/room/", pages.room, name="room"),
    path("sessions/<uuid:session_id>/door/", door_pages.door, name="door"),
    path("hooks/livekit/", hooks.livekit_told, name="livekit_told"),
    path("sessions/<uuid:session_id>/room/people/<uuid:person_id>/", pages.room_person, name="room_person"),
]

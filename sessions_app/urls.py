"""Addresses of sessions_app: one line per wing, and the pages that draw on several."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sessions_app import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("tonight/", views.tonight, name="tonight"),
    path("calendar/<str:token>.ics", views.calendar_feed, name="calendar_feed"),
    path("sessions/<uuid:session_id>/room/note/", views.room_note, name="room_note"),
    path("", include("sessions_app.manage_urls")),
    path("", include("sessions_app.timetable.urls")),
    path("", include("sessions_app.staffing.urls")),
    path("", include("sessions_app.coming.urls")),
    path("", include("sessions_app.room.urls")),
    path("", include("sessions_app.attendance.urls")),
    path("", include("sessions_app.hours.urls")),
    path("", include("sessions_app.followup.urls")),
    path("", include("sessions_app.notes.urls")),
]

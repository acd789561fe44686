"""Addresses of sessions_app: one line per wing."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("sessions_app.manage_urls")),
    path("", include("sessions_app.room.urls")),
    path("", include("sessions_app.attendance.urls")),
    path("", include("sessions_app.hours.urls")),
    path("", include("sessions_app.followup.urls")),
    path("", include("sessions_app.notes.urls")),
]

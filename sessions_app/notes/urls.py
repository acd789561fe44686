"""Addresses of notes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.notes import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("notes/", views.notes, name="notes"),
    path("sessions/<uuid:session_id>/notes/", views.session_notes, name="session_notes"),
    path(
        "sessions/<uuid:session_id>/notes/<uuid:note_id>/addendum/", views.add_addendum, name="note_addendum"
    ),
]

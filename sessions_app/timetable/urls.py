"""Addresses of the timetable pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.timetable import views

session = "manage/sessions/<uuid:session_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{session}/change/", views.session_change, name="manage_session_change"),
]

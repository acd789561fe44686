"""Addresses of the staff of one session."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.staffing import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("manage/sessions/<uuid:session_id>/staff/", views.session_staff, name="manage_session_staff"),
    path(
        "manage/session-staff/<uuid:session_staff_id>/end/",
        views.session_staff_end,
        name="manage_session_staff_end",
    ),
]

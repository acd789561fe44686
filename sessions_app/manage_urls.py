"""Addresses of the administration pages of WHEN."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app import manage_views as views

group = "manage/groups/<uuid:group_id>/sessions"
session = "manage/sessions/<uuid:session_id>"
policies = "manage/<uuid:program_id>/policies"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{group}/", views.group_sessions, name="manage_group_sessions"),
    path(f"{group}/new/", views.session_new, name="manage_session_new"),
    path(f"{session}/fallback/", views.session_fallback, name="manage_session_fallback"),
    path(f"{session}/cancel/", views.session_cancel, name="manage_session_cancel"),
    path(f"{policies}/", views.policy_list, name="manage_policies"),
    path(f"{policies}/attendance/new/", views.attendance_policy_new, name="manage_attendance_policy_new"),
    path(f"{policies}/hours/new/", views.hours_policy_new, name="manage_hours_policy_new"),
]

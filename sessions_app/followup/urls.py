"""Addresses of follow-up."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.followup import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("follow-ups/<uuid:follow_up_id>/", views.follow_up, name="follow_up"),
]

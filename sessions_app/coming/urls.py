"""Addresses of what clients say about coming."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.coming import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("sessions/<uuid:session_id>/coming/", views.say_notice, name="say_notice"),
    path("sessions/<uuid:session_id>/coming/take-back/", views.take_back_notice, name="take_back_notice"),
    path("sessions/<uuid:session_id>/room/notices/", views.room_notices, name="room_notices"),
]

"""Addresses of hours."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.hours import target_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("hours/", views.hours_board, name="hours_board"),
    path("hours/week.csv", views.hours_file, name="hours_csv"),
    path("hours/clients/<uuid:client_id>/target/", target_views.week_target, name="hours_target"),
    path("week/make-up/<uuid:session_id>/", views.make_up, name="make_up"),
    path("week/", views.my_week, name="my_week"),
]

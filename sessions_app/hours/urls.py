"""Addresses of hours."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.hours import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("hours/", views.hours_board, name="hours_board"),
    path("hours/week.csv", views.hours_file, name="hours_csv"),
    path("week/make-up/<uuid:session_id>/", views.make_up, name="make_up"),
    path("week/", views.my_week, name="my_week"),
]

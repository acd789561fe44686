"""Addresses of hours."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.hours import payer_views, target_views, views

client, payers = "hours/clients/<uuid:client_id>", "manage/<uuid:program_id>/payers"

urlpatterns: list[URLPattern | URLResolver] = [
    path("hours/", views.hours_board, name="hours_board"),
    path("hours/week.csv", views.hours_file, name="hours_csv"),
    path("hours/authorisations/", payer_views.running_out, name="authorisations"),
    path(f"{client}/authorisations/", payer_views.client_authorisations, name="client_authorisations"),
    path(f"{client}/payers/new/", payer_views.coverage_new, name="coverage_new"),
    path("hours/coverages/<uuid:coverage_id>/end/", payer_views.coverage_end, name="coverage_end"),
    path(
        "hours/coverages/<uuid:coverage_id>/authorisations/new/",
        payer_views.authorisation_new,
        name="authorisation_new",
    ),
    path(
        "hours/authorisations/<uuid:authorisation_id>/",
        payer_views.authorisation_change,
        name="authorisation_change",
    ),
    path(f"{payers}/", payer_views.payers, name="manage_payers"),
    path(f"{payers}/new/", payer_views.payer_new, name="manage_payer_new"),
    path("manage/payers/<uuid:payer_id>/", payer_views.payer_change, name="manage_payer"),
    path(f"{client}/target/", target_views.week_target, name="hours_target"),
    path("week/make-up/<uuid:session_id>/", views.make_up, name="make_up"),
    path("week/", views.my_week, name="my_week"),
]

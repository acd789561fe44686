"""Addresses of checkins."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from checkins.views import alerts, checkin, clients, desk, helplines, home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("checkin/", checkin.checkin, name="checkin"),
    path("help/", helplines.help_page, name="help"),
    path("desk/", desk.desk, name="desk"),
    path("desk/queue/", desk.queue, name="desk_queue"),
    path("alerts/<uuid:alert_id>/", alerts.alert, name="alert"),
    path("alerts/<uuid:alert_id>/acknowledge/", alerts.acknowledge, name="alert_acknowledge"),
    path("alerts/<uuid:alert_id>/assign/", alerts.assign, name="alert_assign"),
    path("alerts/<uuid:alert_id>/contact/", alerts.contact, name="alert_contact"),
    path("alerts/<uuid:alert_id>/resolve/", alerts.resolve, name="alert_resolve"),
    path("clients/", clients.client_list, name="clients"),
    path("clients/<uuid:client_id>/", clients.client_page, name="client_page"),
]

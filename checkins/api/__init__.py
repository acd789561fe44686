"""The API of WHAT: check-ins and alerts."""

from __future__ import annotations

from ninja import Router

from checkins.api import alerts, checkins

ROUTERS: tuple[Router, ...] = (checkins.edges.router, alerts.edges.router)

"""The API of WHO: programs, staff, clients, groups and their timetables."""

from __future__ import annotations

from ninja import Router

from groups.api import clients, groups, programs, series

ROUTERS: tuple[Router, ...] = (
    programs.edges.router,
    clients.edges.router,
    groups.edges.router,
    series.edges.router,
)

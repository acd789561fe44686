"""The API of WHO: programs, staff, clients, groups and their timetables."""

from __future__ import annotations

from ninja import Router

from groups.api import agreement, clients, contacts, groups, holidays, leaders, programs, series, staff

ROUTERS: tuple[Router, ...] = (
    programs.edges.router,
    staff.edges.router,
    clients.edges.router,
    contacts.edges.router,
    groups.edges.router,
    leaders.edges.router,
    series.edges.router,
    holidays.edges.router,
    agreement.edges.router,
)

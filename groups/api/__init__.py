"""The API of WHO: programs, staff, clients, groups and their timetables."""

from __future__ import annotations

from ninja import Router

from groups.api import (
    absences,
    agreement,
    clients,
    contact_ways,
    contacts,
    groups,
    holidays,
    leaders,
    programs,
    series,
    staff,
    waitlist,
)

ROUTERS: tuple[Router, ...] = (
    programs.edges.router,
    staff.edges.router,
    absences.edges.router,
    clients.edges.router,
    contacts.edges.router,
    contact_ways.edges.router,
    groups.edges.router,
    leaders.edges.router,
    series.edges.router,
    holidays.edges.router,
    waitlist.edges.router,
    agreement.edges.router,
)

"""Addresses of attendance."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sessions_app.attendance import by_phone, signature_views, views
from sessions_app.attendance.imports import views as imports

_SHEET = "sessions/<uuid:session_id>/attendance/"
_IMPORT = f"{_SHEET}imports/<uuid:attendance_import_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_SHEET, views.session_attendance, name="session_attendance"),
    path(f"{_SHEET}sheet.pdf", views.sheet_file, name="attendance_pdf"),
    path(f"{_SHEET}sign/", views.attest, name="attendance_attest"),
    path(f"{_SHEET}by-phone/", by_phone.by_phone, name="attendance_by_phone"),
    path(f"{_SHEET}imports/", imports.imports, name="attendance_imports"),
    path(_IMPORT, imports.one_import, name="attendance_import"),
    path(f"{_IMPORT}discard/", imports.discard, name="attendance_import_discard"),
    path(f"{_IMPORT}withdraw/", imports.withdraw, name="attendance_import_withdraw"),
    path(f"{_SHEET}<uuid:client_id>/", views.line, name="attendance_line"),
    path(f"{_SHEET}<uuid:client_id>/excuse/", views.excuse, name="attendance_excuse"),
    path(
        f"{_SHEET}<uuid:client_id>/disputes/<uuid:attendance_dispute_id>/",
        views.answer,
        name="attendance_answer",
    ),
    path("attendance/second-signature/", signature_views.waiting, name="attendance_proposals"),
    path(
        f"{_SHEET}proposals/<uuid:proposed_correction_id>/",
        signature_views.decide,
        name="attendance_proposal",
    ),
    path("sessions/<uuid:session_id>/mine/", views.session_mine, name="session_mine"),
]

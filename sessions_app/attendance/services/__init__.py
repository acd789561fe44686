"""Writes of attendance, one module a topic."""

from sessions_app.attendance.services.attesting import attest_sheet
from sessions_app.attendance.services.by_phone import enter_held_by_phone
from sessions_app.attendance.services.correcting import correct_attendance
from sessions_app.attendance.services.disputing import answer_dispute, raise_dispute
from sessions_app.attendance.services.excusing import excuse_client
from sessions_app.attendance.services.finalising import finalise_session, refresh_session
from sessions_app.attendance.services.second_signature import decline_correction, sign_correction

__all__ = [
    "answer_dispute",
    "attest_sheet",
    "correct_attendance",
    "decline_correction",
    "enter_held_by_phone",
    "excuse_client",
    "finalise_session",
    "raise_dispute",
    "refresh_session",
    "sign_correction",
]

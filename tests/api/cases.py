"""Every operation once: who may, with which body, what comes back; who may not, and how they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.api.scene import Scene, answers, drafts, log_of

Body = Callable[[Scene], Any]
TODAY, TOMORROW = "2026-04-13", "2026-04-14"


@dataclass(frozen=True)
class Case:
    """One operation. `stranger` has the right, but elsewhere: 404. `unfit` lacks it: 403. Lists know no stranger."""

    name: str
    method: str
    path: str
    by: str
    unfit: str = "ana"
    stranger: str | None = None
    status: int = 200
    body: Body | None = None
    fresh: bool = False

    def filled(self, scene: Scene) -> str:
        """The address with the scene's rows."""
        return self.path.format(**scene.ids(), tomorrow=scene.tomorrow.pk, late=scene.late.pk)

    def sent(self, scene: Scene) -> Any:
        """The body."""
        return self.body(scene) if self.body else None


def fixed(**values: Any) -> Body:
    """The same body whatever the scene."""
    return lambda scene: values


def seen(scene: Scene) -> dict[str, Any]:
    """The version of the alert on the screen."""
    return {"version": scene.alert.version}


LEVEL = {"code": "3.1", "name": "Residential", "weekly_minutes": 600, "weekly_days": 5}
SERIES = {
    "title": "Evening group", "rule": "FREQ=WEEKLY;BYDAY=MO", "local_start": "18:00", "minutes": 90,
    "breaks": [{"after_minutes": 45, "minutes": 10}], "starts_on": "2026-04-20",
}  # fmt: skip

EVENING = {"reach": "this", "title": "Later group", "local_start": "19:00", "minutes": 60}

AWAY = {"starts_at": "2026-05-01T12:00:00Z", "ends_at": "2026-05-04T12:00:00Z"}

WHO = (
    Case("show_me", "GET", "/me", "ana", unfit=""),
    Case("list_programs", "GET", "/programs", "records"),
    Case("show_program", "GET", "/programs/{program_id}", "facilitator", stranger="lakeside_admin"),
    Case("change_program", "PATCH", "/programs/{program_id}", "admin", unfit="supervisor", stranger="lakeside_admin",
         body=fixed(help_line="555-0199")),
    Case("list_levels", "GET", "/programs/{program_id}/levels", "facilitator", stranger="lakeside_admin"),
    Case("add_level", "POST", "/programs/{program_id}/levels", "director", unfit="clinician",
         stranger="lakeside_admin", status=201, body=fixed(**LEVEL)),
    Case("change_level", "PUT", "/levels/{level_id}", "admin", unfit="clinician", stranger="lakeside_admin",
         body=fixed(**LEVEL)),
    Case("list_staff", "GET", "/programs/{program_id}/staff", "admin", unfit="clinician", stranger="lakeside_admin"),
    Case("add_staff", "POST", "/programs/{program_id}/staff", "director", unfit="supervisor",
         stranger="lakeside_admin", status=201,
         body=fixed(email="sub@example.org", first_name="Sol", role="facilitator",
                    licences=[{"state": "ny", "ends_on": "2027-03-31"}])),
    Case("change_staff", "PUT", "/staff/{staff_role_id}", "admin", unfit="clinician", stranger="lakeside_admin",
         body=fixed(credentials="LCSW", licences=[{"state": "NY", "ends_on": None}], is_on_call=True)),
    Case("withdraw_role", "POST", "/staff/{staff_role_id}/withdraw", "admin", unfit="clinician",
         stranger="lakeside_admin"),
    Case("list_absences", "GET", "/programs/{program_id}/absences", "director", unfit="clinician",
         stranger="lakeside_admin"),
    Case("add_absence", "POST", "/programs/{program_id}/absences", "admin", unfit="supervisor",
         stranger="lakeside_admin", status=201,
         body=lambda s: {**AWAY, "person_id": str(s.world.facilitator.pk), "cover_id": str(s.world.clinician.pk)}),
    Case("list_my_absences", "GET", "/programs/{program_id}/my-absences", "clinician",
         stranger="lakeside_clinician"),
    Case("add_my_absence", "POST", "/programs/{program_id}/my-absences", "facilitator",
         stranger="lakeside_clinician", status=201, body=fixed(**AWAY)),
    Case("change_absence", "PUT", "/absences/{absence_id}", "clinician", stranger="lakeside_admin",
         body=fixed(**AWAY)),
    Case("end_absence", "POST", "/absences/{absence_id}/end", "director", stranger="lakeside_admin"),
    Case("list_clients", "GET", "/clients", "facilitator"),
    Case("show_client", "GET", "/clients/{client_id}", "facilitator", stranger="other_facilitator"),
    Case("add_client", "POST", "/programs/{program_id}/clients", "admin", unfit="clinician",
         stranger="lakeside_admin", status=201,
         body=lambda s: {"email": "new@example.org", "first_name": "Noor", "level_id": str(s.level.pk),
                         "starts_on": TOMORROW, "group_id": str(s.world.group.pk)}),
    Case("change_client", "PATCH", "/clients/{client_id}", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(privacy_name="A.", home_state="NY")),
    Case("list_contacts", "GET", "/clients/{client_id}/contacts", "admin", unfit="facilitator",
         stranger="lakeside_admin"),
    Case("add_contact", "POST", "/clients/{client_id}/contacts", "admin", unfit="clinician",
         stranger="lakeside_admin", status=201, body=fixed(name="Rosa", phone="555-0142", relation="sister")),
    Case("change_contact", "PUT", "/contacts/{emergency_contact_id}", "supervisor", unfit="clinician",
         stranger="lakeside_admin", body=fixed(name="Rosa", phone="555-0143", consent_given=True)),
    Case("remove_contact", "POST", "/contacts/{emergency_contact_id}/remove", "admin", unfit="clinician",
         stranger="lakeside_admin"),
    Case("list_enrolments", "GET", "/clients/{client_id}/enrolments", "records", stranger="lakeside_clinician"),
    Case("enrol_client", "POST", "/clients/{client_id}/enrolments", "admin", unfit="clinician",
         stranger="lakeside_admin", status=409,
         body=lambda s: {"level_id": str(s.level.pk), "starts_on": TODAY}),
    Case("change_dose", "POST", "/enrolments/{enrolment_id}/doses", "supervisor", unfit="clinician",
         stranger="lakeside_admin", status=201,
         body=fixed(starts_on=TOMORROW, weekly_minutes=360, weekly_days=2, reason="Does well.")),
    Case("change_clinician", "PUT", "/enrolments/{enrolment_id}/clinician", "admin", unfit="clinician",
         stranger="lakeside_admin", body=fixed(primary_clinician_id=None)),
    Case("end_enrolment", "POST", "/enrolments/{enrolment_id}/end", "admin", unfit="clinician",
         stranger="lakeside_admin", body=fixed(ends_on=TOMORROW, reason="completed")),
    Case("list_groups", "GET", "/groups", "facilitator"),
    Case("show_group", "GET", "/groups/{group_id}", "facilitator", stranger="other_facilitator"),
    Case("add_group", "POST", "/programs/{program_id}/groups", "supervisor", unfit="clinician",
         stranger="lakeside_admin", status=201, body=fixed(name="Evening C")),
    Case("change_group", "PATCH", "/groups/{group_id}", "admin", unfit="facilitator", stranger="lakeside_admin",
         body=fixed(max_size=10, chat_mode="group")),
    Case("list_members", "GET", "/groups/{group_id}/members", "clinician", stranger="other_facilitator"),
    Case("add_member", "POST", "/groups/{group_id}/members", "admin", unfit="facilitator", stranger="lakeside_admin",
         status=201, body=lambda s: {"client_id": str(s.newcomer.pk), "starts_on": TOMORROW}),
    Case("end_membership", "POST", "/memberships/{membership_id}/end", "admin", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(ends_on=TOMORROW)),
    Case("list_leaders", "GET", "/groups/{group_id}/leaders", "facilitator", stranger="other_facilitator"),
    Case("add_leader", "POST", "/groups/{group_id}/leaders", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", status=201,
         body=lambda s: {"person_id": str(s.world.other_facilitator.pk), "starts_on": TODAY, "ends_on": TODAY}),
    Case("end_leader", "POST", "/leaders/{group_staff_id}/end", "admin", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(ends_on=TOMORROW)),
    Case("list_series", "GET", "/groups/{group_id}/series", "facilitator", stranger="other_facilitator"),
    Case("add_series", "POST", "/groups/{group_id}/series", "admin", unfit="facilitator", stranger="lakeside_admin",
         status=201, body=fixed(**SERIES)),
    Case("show_series", "GET", "/series/{series_id}", "facilitator", stranger="other_facilitator"),
    Case("change_series", "PUT", "/series/{series_id}", "supervisor", unfit="facilitator", stranger="lakeside_admin",
         body=fixed(**SERIES)),
    Case("end_series", "POST", "/series/{series_id}/end", "admin", unfit="facilitator", stranger="lakeside_admin",
         body=fixed(ends_on="2026-06-01")),
    Case("cancel_date", "POST", "/series/{series_id}/cancel-date", "admin", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(on="2026-04-20")),
    Case("restore_date", "POST", "/series/{series_id}/restore-date", "admin", unfit="facilitator",
         stranger="lakeside_admin", status=422, body=fixed(on="2026-04-21")),
    Case("show_safe_ways", "GET", "/clients/{client_id}/safe-ways", "admin", unfit="clinician",
         stranger="lakeside_admin"),
    Case("note_safe_ways", "PUT", "/clients/{client_id}/safe-ways", "supervisor", unfit="facilitator",
         stranger="lakeside_admin",
         body=fixed(mail_is_safe=True, text_is_safe=True, call_is_safe=True, voice_message_is_safe=False)),
    Case("show_my_messages", "GET", "/my/messages", "ana", unfit="clinician"),
    Case("choose_my_messages", "PUT", "/my/messages", "ana", unfit="clinician",
         body=fixed(wants_mail=False, wants_text=False)),
    Case("list_waitlist", "GET", "/groups/{group_id}/waitlist", "supervisor", unfit="facilitator",
         stranger="lakeside_admin"),
    Case("add_to_waitlist", "POST", "/groups/{group_id}/waitlist", "admin", unfit="facilitator",
         stranger="lakeside_admin", status=201, body=lambda s: {"client_id": str(s.newcomer.pk)}),
    Case("move_ahead", "POST", "/waitlist/{waitlist_entry_id}/move-ahead", "supervisor", unfit="clinician",
         stranger="lakeside_admin", body=fixed(reason="Steps down on Friday.")),
    Case("take_off_waitlist", "POST", "/waitlist/{waitlist_entry_id}/take-off", "admin", unfit="clinician",
         stranger="lakeside_admin"),
    Case("list_my_offers", "GET", "/my/offers", "ana", unfit="clinician"),
    Case("accept_my_offer", "POST", "/my/offers/{seat_offer_id}/accept", "ana", unfit="clinician", stranger="cleo"),
    Case("decline_my_offer", "POST", "/my/offers/{seat_offer_id}/decline", "ana", unfit="clinician",
         stranger="cleo", body=fixed(stay=False)),
    Case("show_my_agreement", "GET", "/my/agreement", "ana", unfit="clinician"),
    Case("accept_my_agreement", "POST", "/my/agreement", "ana", unfit="clinician", body=fixed(version=1)),
)  # fmt: skip

WHEN = (
    Case("list_sessions", "GET", "/sessions?first=2026-04-13&days=7", "facilitator"),
    Case("show_session", "GET", "/sessions/{session_id}", "records", stranger="other_facilitator"),
    Case("call_off_session", "POST", "/sessions/{tomorrow}/cancel", "supervisor", unfit="facilitator",
         stranger="lakeside_admin"),
    Case("add_session", "POST", "/groups/{group_id}/sessions", "admin", unfit="facilitator",
         stranger="lakeside_admin", status=201,
         body=fixed(title="Family evening", starts_at="2026-04-18T22:00:00Z", minutes=90,
                    breaks=[{"after_minutes": 40, "minutes": 10}])),
    Case("change_session_time", "PUT", "/sessions/{tomorrow}/time", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(starts_at="2026-04-14T22:30:00Z", minutes=60)),
    Case("preview_session_change", "POST", "/sessions/{tomorrow}/change/preview", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(**EVENING)),
    Case("change_session", "POST", "/sessions/{tomorrow}/change", "admin", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(**EVENING)),
    Case("make_sample_week", "POST", "/programs/{program_id}/sample-week", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(name="Tulip", starts_on="2026-04-20")),
    Case("list_holidays", "GET", "/programs/{program_id}/holidays", "records", stranger="lakeside_admin"),
    Case("add_holiday", "POST", "/programs/{program_id}/holidays", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", status=201, body=fixed(on=TOMORROW, name="Spring break")),
    Case("remove_holiday", "POST", "/holidays/{holiday_id}/remove", "admin", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(anyway=True)),
    Case("list_session_staff", "GET", "/sessions/{tomorrow}/staff", "facilitator", stranger="other_facilitator"),
    Case("add_session_staff", "POST", "/sessions/{tomorrow}/staff", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", status=201,
         body=lambda s: {"person_id": str(s.world.other_facilitator.pk),
                         "stands_in_for_id": str(s.world.facilitator.pk)}),
    Case("end_session_staff", "POST", "/session-staff/{session_staff_id}/end", "admin", unfit="facilitator",
         stranger="lakeside_admin"),
    Case("list_my_sessions", "GET", "/my/sessions", "ana", unfit="facilitator"),
    Case("show_my_door", "GET", "/my/sessions/{late}/door", "ana", unfit="facilitator", stranger="cleo"),
    Case("confirm_my_door", "PUT", "/my/sessions/{late}/door", "ana", unfit="facilitator", stranger="cleo",
         body=fixed(address="12 Elm St", city="Albany", state="NY", sound_only=True)),
    Case("record_my_check", "PUT", "/my/sessions/{late}/check", "ana", unfit="supervisor", stranger="cleo",
         body=fixed(camera="ok", microphone="problem", round_trip_ms=80)),
    Case("show_my_notice", "GET", "/my/sessions/{tomorrow}/notice", "ana", unfit="facilitator", stranger="cleo"),
    Case("give_my_notice", "PUT", "/my/sessions/{tomorrow}/notice", "ana", unfit="supervisor", stranger="cleo",
         body=fixed(minutes=None, reason="At the dentist.")),
    Case("withdraw_my_notice", "POST", "/my/sessions/{tomorrow}/notice/withdraw", "ana", unfit="facilitator",
         stranger="cleo"),
    Case("list_notices", "GET", "/sessions/{tomorrow}/notices", "facilitator", unfit="ana",
         stranger="other_facilitator"),
    Case("show_fallback", "GET", "/sessions/{session_id}/fallback", "facilitator", stranger="other_facilitator"),
    Case("change_fallback", "PUT", "/sessions/{tomorrow}/fallback", "supervisor", unfit="facilitator",
         stranger="lakeside_admin", body=fixed(phone="518-555-0190", code="4417#")),
    Case("show_sheet", "GET", "/sessions/{session_id}/attendance", "records", stranger="other_facilitator"),
    Case("explain_attendance", "GET", "/sessions/{session_id}/attendance/{client_id}", "records",
         stranger="lakeside_clinician"),
    Case("correct_attendance", "POST", "/sessions/{session_id}/attendance/{client_id}/corrections", "facilitator",
         unfit="clinician", stranger="other_facilitator", status=201,
         body=fixed(credited_minutes=60, reason="Left for an hour.", seen_version=1)),
    Case("list_proposals", "GET", "/attendance/proposals", "supervisor", unfit="facilitator"),
    Case("sign_proposal", "POST", "/sessions/{session_id}/proposals/{proposed_correction_id}/sign", "supervisor",
         unfit="facilitator", stranger="lakeside_supervisor"),
    Case("decline_proposal", "POST", "/sessions/{session_id}/proposals/{proposed_correction_id}/decline", "director",
         unfit="records", stranger="lakeside_supervisor", body=fixed(reason="The log says otherwise.")),
    Case("attest_sheet", "POST", "/sessions/{session_id}/attendance/attest", "cofacilitator", unfit="records",
         stranger="other_facilitator"),
    Case("excuse_client", "POST", "/sessions/{tomorrow}/attendance/{client_id}/excuse", "facilitator",
         unfit="records", stranger="other_facilitator", status=201, body=fixed(reason="At the dentist.")),
    Case("answer_dispute", "POST", "/sessions/{session_id}/disputes/{attendance_dispute_id}/answer", "cofacilitator",
         unfit="clinician", stranger="other_facilitator", body=fixed(answer="You were there; it is corrected.")),
    Case("dispute_my_attendance", "POST", "/my/sessions/{session_id}/attendance/disputes", "ana",
         unfit="facilitator", stranger="cleo", status=409, body=fixed(text="I was there until the end.")),
    Case("explain_my_attendance", "GET", "/my/sessions/{session_id}/attendance", "ana", unfit="facilitator",
         stranger="cleo"),
    Case("list_imports", "GET", "/sessions/{session_id}/attendance/imports", "facilitator", unfit="records",
         stranger="other_facilitator"),
    Case("start_import", "POST", "/sessions/{session_id}/attendance/imports", "facilitator", unfit="clinician",
         stranger="other_facilitator", status=201,
         body=lambda s: {"vendor": "jitsi", "log": log_of(s.world.ben.person_id)}),
    Case("show_import", "GET", "/sessions/{session_id}/attendance/imports/{attendance_import_id}", "supervisor",
         unfit="records", stranger="other_facilitator"),
    Case("accept_import", "POST", "/sessions/{session_id}/attendance/imports/{attendance_import_id}/accept",
         "cofacilitator", unfit="records", stranger="other_facilitator", body=fixed(who={}, until_end=[])),
    Case("discard_import", "POST", "/sessions/{session_id}/attendance/imports/{attendance_import_id}/discard",
         "facilitator", unfit="clinician", stranger="other_facilitator"),
    Case("withdraw_import", "POST", "/sessions/{session_id}/attendance/imports/{attendance_import_id}/withdraw",
         "facilitator", unfit="records", stranger="other_facilitator", status=409, body=fixed(reason="Another evening.")),
    Case("show_my_hours", "GET", "/my/hours", "ana", unfit="clinician"),
    Case("list_hours", "GET", "/hours", "records", unfit="facilitator"),
    Case("explain_hours", "GET", "/clients/{client_id}/hours?week=2026-04-13", "records", unfit="facilitator",
         stranger="lakeside_clinician"),
    Case("change_target", "POST", "/clients/{client_id}/hours/target", "supervisor", unfit="clinician",
         stranger="lakeside_admin", body=fixed(week=TODAY, minutes=300, days=2, reason="Came on Wednesday.")),
    Case("list_payers", "GET", "/payers", "director", unfit="supervisor"),
    Case("add_payer", "POST", "/payers", "director", unfit="supervisor", status=201,
         body=fixed(name="Western Plan", code="H0015", rule="h0015_day", day_minutes=180)),
    Case("change_payer", "PUT", "/payers/{payer_id}", "admin", unfit="supervisor", stranger="lakeside_admin",
         body=fixed(name="Northern Health", code="H0015", warn_units=4)),
    Case("list_authorisations", "GET", "/authorisations", "records", unfit="facilitator"),
    Case("show_client_authorisations", "GET", "/clients/{client_id}/authorisations", "clinician",
         unfit="facilitator", stranger="lakeside_clinician"),
    Case("cover_client", "POST", "/clients/{client_id}/coverages", "supervisor", unfit="clinician",
         stranger="lakeside_admin", status=409,
         body=lambda s: {"payer": str(s.coverage.payer_id), "starts_on": TODAY}),
    Case("end_coverage", "POST", "/coverages/{coverage_id}/end", "supervisor", unfit="clinician",
         stranger="lakeside_admin", body=fixed(ends_on="2026-12-31")),
    Case("add_authorisation", "POST", "/coverages/{coverage_id}/authorisations", "supervisor", unfit="clinician",
         stranger="lakeside_admin", status=201,
         body=fixed(units=48, starts_on=TODAY, ends_on="2026-05-31", number="A-2")),
    Case("change_authorisation", "PUT", "/authorisations/{authorisation_id}", "supervisor", unfit="clinician",
         stranger="lakeside_admin", body=fixed(units=60, ends_on="2026-06-30", seen_version=1)),
    Case("list_follow_ups", "GET", "/follow-ups", "clinician", unfit="facilitator"),
    Case("show_follow_up", "GET", "/follow-ups/{follow_up_id}", "clinician", unfit="facilitator",
         stranger="lakeside_clinician"),
    Case("record_attempt", "POST", "/follow-ups/{follow_up_id}/attempts", "supervisor", unfit="facilitator",
         stranger="lakeside_clinician", status=201, body=fixed(channel="call", outcome="no_answer", note="Rang.")),
    Case("assign_follow_up", "POST", "/follow-ups/{follow_up_id}/assign", "clinician", unfit="records",
         stranger="lakeside_clinician", body=lambda s: {"owner": str(s.world.clinician.pk)}),
    Case("close_follow_up", "POST", "/follow-ups/{follow_up_id}/close", "clinician", unfit="records",
         stranger="lakeside_clinician", body=fixed(reason="Moved away.")),
    Case("accept_excuse", "POST", "/follow-ups/{follow_up_id}/excuse", "supervisor", unfit="facilitator",
         stranger="lakeside_clinician", status=409),
    Case("list_note_debts", "GET", "/notes", "facilitator"),
    Case("show_notes", "GET", "/sessions/{session_id}/notes", "clinician", stranger="other_facilitator"),
    Case("open_notes", "POST", "/sessions/{session_id}/notes/open", "facilitator", unfit="records",
         stranger="other_facilitator"),
    Case("save_notes", "PUT", "/sessions/{session_id}/notes", "facilitator", unfit="records",
         stranger="other_facilitator", body=drafts),
    Case("sign_notes", "POST", "/sessions/{session_id}/notes/sign", "facilitator", unfit="records",
         stranger="other_facilitator", status=422, fresh=True),
    Case("add_addendum", "POST", "/sessions/{session_id}/notes/{note_id}/addenda", "facilitator", unfit="records",
         stranger="lakeside_clinician", status=409, body=fixed(text="Came five minutes late.")),
)  # fmt: skip

WHAT = (
    Case("submit_my_checkin", "POST", "/my/checkins", "ana", unfit="clinician", status=201,
         body=lambda s: answers()),
    Case("list_my_checkins", "GET", "/my/checkins", "ana", unfit="clinician"),
    Case("list_checkins", "GET", "/clients/{client_id}/checkins", "facilitator", unfit="records",
         stranger="other_facilitator"),
    Case("list_alerts", "GET", "/alerts", "clinician", unfit="records"),
    Case("show_alert", "GET", "/alerts/{alert_id}", "facilitator", unfit="records", stranger="other_facilitator"),
    Case("acknowledge_alert", "POST", "/alerts/{alert_id}/acknowledge", "clinician", unfit="facilitator",
         stranger="lakeside_clinician", body=seen),
    Case("assign_alert", "POST", "/alerts/{alert_id}/assign", "supervisor", unfit="facilitator",
         stranger="lakeside_clinician", body=lambda s: seen(s) | {"person": str(s.world.clinician.pk)}),
    Case("note_contact", "POST", "/alerts/{alert_id}/contact", "clinician", unfit="facilitator",
         stranger="lakeside_clinician", body=lambda s: seen(s) | {"text": "Rang; safe with her sister."}),
    Case("resolve_alert", "POST", "/alerts/{alert_id}/resolve", "clinician", unfit="facilitator",
         stranger="lakeside_clinician", body=lambda s: seen(s) | {"text": "Safe; seen tomorrow."}),
)  # fmt: skip

CASES = (*WHO, *WHEN, *WHAT)

"""Addresses of groups: the agreement, the messages to a client, and the administration under /manage/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from groups.views import (
    absences,
    agreement,
    clients,
    contact_ways,
    groups,
    holidays,
    manage,
    series,
    staff,
    waitlist,
)

program = "manage/<uuid:program_id>"
client = "manage/clients/<uuid:client_id>"
enrolment = "manage/enrolments/<uuid:enrolment_id>"
contact = "manage/contacts/<uuid:emergency_contact_id>"
group = "manage/groups/<uuid:group_id>"
timetable = "manage/series/<uuid:series_id>"
role = "manage/staff/<uuid:staff_role_id>"

about_programs: list[URLPattern | URLResolver] = [
    path("manage/", manage.manage, name="manage"),
    path(f"{program}/", manage.manage_program, name="manage_program"),
    path(f"{program}/settings/", manage.program_settings, name="manage_settings"),
    path(f"{program}/levels/new/", manage.level_new, name="manage_level_new"),
    path("manage/levels/<uuid:level_id>/", manage.level_edit, name="manage_level"),
    path(f"{program}/holidays/", holidays.holiday_list, name="manage_holidays"),
    path(f"{program}/holidays/new/", holidays.holiday_new, name="manage_holiday_new"),
    path("manage/holidays/<uuid:holiday_id>/remove/", holidays.holiday_remove, name="manage_holiday_remove"),
    path(f"{program}/agreement/", manage.agreement_new, name="manage_agreement"),
]

about_clients: list[URLPattern | URLResolver] = [
    path(f"{program}/clients/", clients.client_list, name="manage_clients"),
    path(f"{program}/clients/new/", clients.client_new, name="manage_client_new"),
    path(f"{client}/", clients.client_page, name="manage_client"),
    path(f"{client}/edit/", clients.client_edit, name="manage_client_edit"),
    path(f"{client}/safe-ways/", contact_ways.safe_ways, name="manage_safe_ways"),
    path(f"{client}/enrol/", clients.enrol, name="manage_enrol"),
    path(f"{client}/contacts/new/", clients.contact_new, name="manage_contact_new"),
    path(f"{contact}/", clients.contact_edit, name="manage_contact"),
    path(f"{contact}/remove/", clients.contact_remove, name="manage_contact_remove"),
    path(f"{enrolment}/dose/", clients.dose_change, name="manage_dose"),
    path(f"{enrolment}/level/", clients.level_step, name="manage_level_step"),
    path(f"{enrolment}/clinician/", clients.clinician_change, name="manage_clinician"),
    path(f"{enrolment}/end/", clients.enrolment_end, name="manage_enrolment_end"),
]

about_groups: list[URLPattern | URLResolver] = [
    path(f"{program}/groups/", groups.group_list, name="manage_groups"),
    path(f"{program}/groups/new/", groups.group_new, name="manage_group_new"),
    path(f"{program}/groups/week/", groups.week_new, name="manage_week"),
    path(f"{group}/", groups.group_page, name="manage_group"),
    path(f"{group}/edit/", groups.group_edit, name="manage_group_edit"),
    path(f"{group}/members/add/", groups.member_add, name="manage_member_add"),
    path("manage/members/<uuid:membership_id>/end/", groups.member_end, name="manage_member_end"),
    path(f"{group}/apart/add/", groups.apart_add, name="manage_apart_add"),
    path("manage/apart/<uuid:no_contact_id>/end/", groups.apart_end, name="manage_apart_end"),
    path(f"{group}/waitlist/add/", waitlist.waitlist_add, name="manage_waitlist_add"),
    path(
        "manage/waitlist/<uuid:waitlist_entry_id>/move/", waitlist.waitlist_move, name="manage_waitlist_move"
    ),
    path(
        "manage/waitlist/<uuid:waitlist_entry_id>/off/",
        waitlist.waitlist_take_off,
        name="manage_waitlist_off",
    ),
    path(f"{group}/staff/add/", groups.leader_add, name="manage_leader_add"),
    path("manage/leaders/<uuid:group_staff_id>/end/", groups.leader_end, name="manage_leader_end"),
    path(f"{group}/series/new/", series.series_new, name="manage_series_new"),
    path(f"{timetable}/", series.series_page, name="manage_series"),
    path(f"{timetable}/edit/", series.series_edit, name="manage_series_edit"),
    path(f"{timetable}/end/", series.series_end, name="manage_series_end"),
    path(f"{timetable}/call-off/", series.date_cancel, name="manage_date_cancel"),
    path(f"{timetable}/give-back/", series.date_restore, name="manage_date_restore"),
]

about_staff: list[URLPattern | URLResolver] = [
    path(f"{program}/staff/", staff.staff_list, name="manage_staff"),
    path(f"{program}/staff/new/", staff.staff_new, name="manage_staff_new"),
    path(f"{program}/away/", absences.absence_list, name="absences"),
    path(f"{program}/away/new/", absences.absence_new, name="absence_new"),
    path("manage/away/<uuid:absence_id>/", absences.absence_edit, name="absence"),
    path("manage/away/<uuid:absence_id>/end/", absences.absence_end, name="absence_end"),
    path(f"{role}/", staff.staff_edit, name="manage_staff_role"),
    path(f"{role}/withdraw/", staff.staff_withdraw, name="manage_staff_withdraw"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("agreement/", agreement.agreement, name="agreement"),
    path("offers/", waitlist.my_offers, name="my_offers"),
    path("offers/<uuid:seat_offer_id>/", waitlist.answer_offer, name="answer_offer"),
    path("messages/", contact_ways.my_messages, name="my_messages"),
    *about_programs,
    *about_clients,
    *about_groups,
    *about_staff,
]

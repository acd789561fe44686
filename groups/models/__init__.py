"""Tables of WHO: people, programs, enrolment, groups, series."""

from groups.models.absences import Absence
from groups.models.contact import ContactWays
from groups.models.enrolment import (
    Agreement,
    AgreementAcceptance,
    Client,
    EmergencyContact,
    Enrolment,
    PrescribedDose,
)
from groups.models.groups import Group, GroupStaff, Membership, Series
from groups.models.holidays import Holiday
from groups.models.no_contact import NoContact
from groups.models.people import ApiToken, CalendarFeed, Invitation, Person, StaffRole
from groups.models.programs import LevelOfCare, Program, ServiceType
from groups.models.throttles import SignInThrottle
from groups.models.waitlist import SeatOffer, WaitlistEntry

__all__ = [
    "Absence",
    "Agreement",
    "AgreementAcceptance",
    "ApiToken",
    "CalendarFeed",
    "Client",
    "ContactWays",
    "EmergencyContact",
    "Enrolment",
    "Group",
    "GroupStaff",
    "Holiday",
    "Invitation",
    "LevelOfCare",
    "Membership",
    "NoContact",
    "Person",
    "PrescribedDose",
    "Program",
    "SeatOffer",
    "Series",
    "ServiceType",
    "SignInThrottle",
    "StaffRole",
    "WaitlistEntry",
]

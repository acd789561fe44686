"""Raising an alert, or raising the one of the day higher (A9): the row, its history, the messages, the bell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from django.db.models import Q
from django.urls import reverse

from checkins import rules
from checkins.models import Alert, AlertAct
from checkins.recipients import first_told
from groups.models import Client
from groups.selectors import holidays_of
from sessions_app.models import Session
from vio.common import audit, outbox
from vio.common.actors import Actor
from vio.common.realtime import ring_on_commit

UNRESOLVED = ("open", "acknowledged")
MAIL = "alert"


def hold_client(client: Client) -> None:
    """Takes the client's row for this transaction: check-ins and rules of one client happen one after the other."""
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)


def raise_alert(
    *,
    actor: Actor,
    client: Client,
    evaluation: rules.Evaluation,
    local_date: date,
    now: datetime,
    into: Alert | None = None,
) -> Alert | None:
    """Brings an evaluation into the unresolved alert of the client's day, or `into`; None when there is nothing to tell.

    The level only rises and reasons are only added (A9). A higher level, or a red answer that comes after somebody
    acknowledged, opens the alert again with a new clock: nothing that calls for help disappears in what was seen
    before. The client is held by the caller's transaction (`hold_client`).
    """
    if evaluation.level is rules.Level.NONE:
        return None
    alert = into or Alert.objects.filter(client=client, local_date=local_date, status__in=UNRESOLVED).first()
    if alert is None:
        return _open(actor, client, evaluation, local_date, now)
    return _raise_higher(actor, alert, evaluation, now)


def _open(
    actor: Actor, client: Client, evaluation: rules.Evaluation, local_date: date, now: datetime
) -> Alert:
    alert = Alert.objects.create(
        program=client.program,
        client=client,
        local_date=local_date,
        level=evaluation.level.value,
        reasons=_with_reasons([], evaluation, now),
        rule_version=evaluation.rule_version,
        raised_at=now,
        changed_at=now,
        acknowledge_by=answer_by(evaluation.level, client, now),
    )
    write_act(actor, alert, "raised", now=now)
    _tell(alert, now)
    return alert


def _raise_higher(actor: Actor, alert: Alert, evaluation: rules.Evaluation, now: datetime) -> Alert:
    held = Alert.objects.select_for_update(of=("self",), no_key=True)
    alert = held.select_related("program", "client__program").get(pk=alert.pk)
    if alert.status not in UNRESOLVED:  # closed while we waited for it
        return _open(actor, alert.client, evaluation, alert.local_date, now)
    merged = rules.merge(_as_open(alert), evaluation)
    again = alert.status == "acknowledged" and evaluation.level is rules.Level.RED
    alert.level = merged.level.value
    alert.reasons = _with_reasons(alert.reasons, evaluation, now)
    alert.rule_version = evaluation.rule_version
    alert.changed_at = now
    alert.version += 1
    if merged.raised or again:
        _start_clock(alert, merged.level, now)
    alert.save()
    kind = "level_raised" if merged.raised else "reopened" if again else "reason_added"
    write_act(actor, alert, kind, now=now)
    if merged.raised or again:
        _tell(alert, now)
    else:
        ring(alert)
    return alert


def _start_clock(alert: Alert, level: rules.Level, now: datetime) -> None:
    alert.status = "open"
    alert.round += 1
    alert.escalation = 0
    alert.acknowledged_at = None
    alert.acknowledge_by = answer_by(level, alert.client, now)


def answer_by(level: rules.Level, client: Client, now: datetime) -> datetime | None:
    """When somebody must have answered (A10): red 15 minutes, orange this business day, yellow the next group."""
    if level is rules.Level.RED:
        return rules.red_targets(now).acknowledge_by
    if level is rules.Level.ORANGE:
        return rules.orange_due(now, client.program.zone, holidays_of(client.program_id))
    return rules.yellow_due(_next_group_start(client, now))


def _next_group_start(client: Client, now: datetime) -> datetime | None:
    places = client.memberships.filter(Q(ends_on=None) | Q(ends_on__gte=now.date()))
    return (
        Session.objects.filter(group__in=places.values("group"), starts_at__gt=now)
        .exclude(status="cancelled")
        .order_by("starts_at")
        .values_list("starts_at", flat=True)
        .first()
    )


def _as_open(alert: Alert) -> rules.OpenAlert:
    return rules.OpenAlert(
        rules.Level(alert.level), frozenset(rules.Reason(reason["code"]) for reason in alert.reasons)
    )


def _with_reasons(
    before: list[dict[str, Any]], evaluation: rules.Evaluation, now: datetime
) -> list[dict[str, Any]]:
    """The reasons so far with the new ones; a reason told twice keeps its worse level and its newest figures."""
    found = {reason["code"]: reason for reason in before}
    for finding in evaluation.findings:
        known = found.get(finding.reason.value)
        if known is None or finding.level.rank >= rules.Level(known["level"]).rank:
            found[finding.reason.value] = _as_reason(finding, now)
    order = [reason.value for reason in rules.Reason]
    return sorted(found.values(), key=lambda r: (-rules.Level(r["level"]).rank, order.index(r["code"])))


def _as_reason(finding: rules.Finding, now: datetime) -> dict[str, Any]:
    return {
        "code": finding.reason.value,
        "level": finding.level.value,
        "rule": finding.rule,
        "values": dict(finding.values),
        "at": now.isoformat(),
    }


def findings_of(alert: Alert) -> tuple[rules.Finding, ...]:
    """The stored reasons as the rules' own values, worst first."""
    return tuple(
        rules.Finding(
            rules.Reason(reason["code"]),
            rules.Level(reason["level"]),
            reason["rule"],
            cast("Mapping[str, int | str]", reason["values"]),
        )
        for reason in alert.reasons
    )


def write_act(
    actor: Actor, alert: Alert, kind: str, *, now: datetime, step: str = "", text: str = "",
    details: Mapping[str, str] | None = None,
) -> AlertAct:  # fmt: skip
    """One line of the alert's history, with its audit entry (and `details` there), in the caller's transaction (A10)."""
    act = AlertAct.objects.create(
        program_id=alert.program_id,
        alert=alert,
        kind=kind,
        step=step,
        person_id=actor.person_id,
        text=text,
        at=now,
    )
    audit.record(
        actor=actor,
        action=f"alert.{kind}",
        program_id=alert.program_id,
        subject=alert,
        client_id=alert.client_id,
        reason=step,
        details={"level": alert.level, "version": alert.version, "round": alert.round, **(details or {})},
    )
    return act


def _tell(alert: Alert, now: datetime) -> None:
    """Messages for a red alert, the bell for every one."""
    if alert.level == rules.Level.RED.value:
        tell_people(alert, "raised", first_told(alert, now), now)
    ring(alert)


def ring(alert: Alert) -> None:
    """The desk's bell after the commit: ids only."""
    ring_on_commit(f"desk:{alert.program_id}", {"kind": "alert", "id": str(alert.pk)})


def tell_people(alert: Alert, step: str, people: list[Any], now: datetime) -> None:
    """Puts one neutral message per person into the outbox: the same round, step and person is the same message (AL-3)."""
    outbox.post(
        program_id=alert.program_id,
        recipients=people,
        kind=MAIL,
        about=f"{alert.pk}:{alert.round}:{step}",
        path=reverse("alert", args=[alert.pk]),
        due_at=now,
    )

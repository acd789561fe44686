"""What people see of the outbox: the way from a mail to its page, and the notice that messages are late."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from vio.common import outbox
from vio.common.errors import NotFoundError
from vio.common.health import WORKERS, signs_of_life
from vio.common.http import PageRequest, needs
from vio.common.models import Delivery
from vio.common.permissions import Permission


@require_safe
@needs(Permission.SIGNED_IN)
def open_message(request: PageRequest, delivery_id: UUID) -> HttpResponseBase:
    """From the neutral link of a mail to the page it is about, for its recipient only."""
    delivery = Delivery.objects.filter(pk=delivery_id, recipient_id=request.actor.person_id).first()
    if delivery is None:
        raise NotFoundError
    return redirect(delivery.path or "/")


def deliveries_delayed() -> bool:
    """Whether worker or scheduler are silent for two minutes (AL-6), or messages in view wait that long (AL-5)."""
    now = timezone.now()
    signs = signs_of_life(now=now).annotate(late=Exists(outbox.late(now=now)))
    found = list(signs.values_list("late", flat=True))
    return len(found) < len(WORKERS) or any(found)


def delivery_context(request: HttpRequest) -> dict[str, Any]:
    """`deliveries_delayed`, found out only by a page that asks: the staff's shell does."""
    return {"deliveries_delayed": SimpleLazyObject(deliveries_delayed)}

"""The level of an alert as a badge whose words agree with its clock."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from checkins.models import Alert
from checkins.urgency import level_words
from vio.common.templatetags.vio_ui import badge

register = template.Library()


@register.simple_tag
def alert_level(alert: Alert, now: datetime) -> SafeString:
    """Icon, colour and words: `{% alert_level alert now %}` is "Orange: act by Monday" for one of a weekend (A10)."""
    words = level_words(alert.level, alert.status, alert.acknowledge_by, now=now, zone=alert.program.zone)
    return badge("level", alert.level, words)

"""How a client may be written to and called: what staff noted as safe, and what the client wants."""

from __future__ import annotations

from django.db import models


class ContactWays(models.Model):
    """The ways to one client. A message goes only where it is both safe and wanted; without a row these defaults hold.

    Texts and voice messages are seen or heard by whoever holds the phone: they are safe once somebody asked the client.
    """

    client = models.OneToOneField(
        "groups.Client", on_delete=models.PROTECT, primary_key=True, related_name="contact_ways"
    )
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    mail_is_safe = models.BooleanField(default=True)
    text_is_safe = models.BooleanField(default=False)
    call_is_safe = models.BooleanField(default=True)
    voice_message_is_safe = models.BooleanField(default=False)
    wants_mail = models.BooleanField(default=True)
    wants_text = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "contact ways"

    def __str__(self) -> str:
        return f"contact ways {self.pk}"

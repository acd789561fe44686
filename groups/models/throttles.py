"""Failed tries to sign in, per account and per address: in the database, so that no lost cache forgets them."""

from __future__ import annotations

from django.db import models


class SignInThrottle(models.Model):
    """Failures under one key. The key is a hash: neither the typed name nor the address can be read from it (DP-3)."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    in_a_row = models.PositiveIntegerField(default=0)
    began = models.DateTimeField(null=True)
    last = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["last"], name="throttle_last")]

    def __str__(self) -> str:
        return f"throttle {self.key[:8]}"

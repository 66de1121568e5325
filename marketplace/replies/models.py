"""Replies under the keys that callers chose."""

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import User


class Reply(models.Model):
    """The reply to one request; stored in the transaction of what the request did."""

    caller = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    # SHA-256 of the request: its path, its media type and its body.
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    # Null where the reply showed a secret: then only what it made is kept.
    body = models.BinaryField(null=True)
    made = models.CharField(max_length=200, default="")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="reply_once_per_key"),
            models.CheckConstraint(
                condition=Q(body__isnull=False) | ~Q(made=""), name="reply_has_body_or_names_made"
            ),
        ]
        indexes = [models.Index(fields=["told_at"], name="reply_oldest")]

    def __str__(self) -> str:
        return f"reply to {self.caller_id} under {self.key}"

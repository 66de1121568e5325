"""Drop old months of the log of deliveries."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.flows import telling
from marketplace.webhooks.months import StillPending


class Command(BaseCommand):
    """`manage.py prune --months 6`."""

    help = "Drop the log of webhook deliveries but for this month and so many before it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much stays."""
        parser.add_argument("--months", type=int, default=6, help="whole months to keep (6)")

    def handle(self, *args: Any, months: int, **options: Any) -> None:
        """Parse, call, tell."""
        if not 0 <= months <= 1200:
            raise CommandError("--months is a number from 0 to 1200.")
        try:
            gone = telling.forget(months=months, now=timezone.now())
        except StillPending as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Dropped {len(gone)} parts{': ' if gone else ''}{', '.join(gone)}.")

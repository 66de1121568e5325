"""The clock of a history: every door and flow asks django.utils.timezone.now."""

from datetime import datetime, timedelta

from tests.factories import NOON


class Clock:
    """Stands still until it is moved, and never goes back."""

    def __init__(self) -> None:
        self._time = NOON

    def now(self) -> datetime:
        return self._time

    def move(self, seconds: float) -> None:
        self._time += timedelta(seconds=seconds)

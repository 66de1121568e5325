"""What a job does when the doorbell rang: drain one topic. Any number may run at once."""

import time
from collections.abc import Callable
from datetime import datetime

from marketplace import disk
from marketplace.flows import settling, studying, telling, training

LONGEST_S = 40.0

_DRAINS: dict[str, Callable[..., object]] = {
    "settle": settling.settle_due,
    "webhooks": telling.deliver_due,
    "training": training.train_due,
    "workers": studying.study_due,
}
_IS_DUE: dict[str, Callable[[datetime], bool]] = {
    "settle": settling.is_due,
    "webhooks": telling.is_due,
    "training": training.is_due,
    "workers": studying.is_due,
}
_OLDEST: dict[str, Callable[[datetime], float]] = {
    "settle": settling.oldest_due,
    "webhooks": telling.oldest_undelivered,
    "training": training.oldest_due,
    "workers": studying.oldest_due,
}


def drain(topic: str) -> None:
    """Do what is due on a topic; what is left when the time is over rings again."""
    if disk.is_full():
        return
    _DRAINS[topic](until=time.monotonic() + LONGEST_S)


def is_due(topic: str, now: datetime) -> bool:
    """True if there is something to do on a topic."""
    return _IS_DUE[topic](now)


def oldest(topic: str, now: datetime) -> float:
    """For how many seconds the oldest thing on a topic has waited."""
    return _OLDEST[topic](now)

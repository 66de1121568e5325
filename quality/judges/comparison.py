"""Comparisons: which of two is better, by Bradley and Terry's model with noisy workers."""

import json
from collections.abc import Hashable
from typing import Any

import numpy as np

from quality.core import numbered
from quality.core.orders import NoisyBradleyTerry, PairVotes
from quality.core.votes import Codes, Floats
from quality.judges.verdict import (
    FieldVotes,
    Learned,
    Opinion,
    Stepwise,
    Verdict,
    rounded,
    shares,
)
from tasks_app import forms, pointers

PRESUMED = 0.8
# No worker is ever taken to follow or stray for sure, or the log-odds of ties run away.
SUREST = 0.99
_SIDES = ("left", "right")
# A tie is half a vote for each.
_OUTCOME = {"left": 1.0, "right": 0.0, "tie": 0.5}


class Comparisons(Stepwise):
    """The better side of each task, or a tie.

    The same things compared on several tasks share one score, so a task learns from others. A tie
    is voted against "no tie", in which the scores decide between the sides.
    """

    name = "noisy_bradley_terry"
    version = "1"

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: the share of ties, how often a newcomer follows; worker: the own."""
        fitted = NoisyBradleyTerry().fit(_votes(votes))
        is_tie = np.array([value == "tie" for value in votes.values], dtype=np.bool_)
        # As if two answers more had been seen, one of them a tie.
        ties = (is_tie.sum() + 1) / (is_tie.size + 2)
        return Learned(np.array([ties, PRESUMED]), list(fitted.follows_[:, None]))

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Follows the scores as workers are presumed to."""
        return population[1:]

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """The better side of each task."""
        follows = learned.table[:, 0]
        fitted = NoisyBradleyTerry().fit(_votes(votes), follows=follows)
        names = forms.choices(votes.field) or []
        posterior = fitted.posterior_
        if "tie" in names:
            tie = _ties(votes, follows, float(learned.population[0]))[:, None]
            posterior = np.hstack([posterior * (1 - tie), tie])
        chosen = posterior.round(9).argmax(axis=1)
        values = [names[side] for side in chosen.tolist()]
        equal = np.array(
            [
                given == values[task]
                for given, task in zip(votes.values, votes.task.tolist(), strict=True)
            ],
            dtype=np.bool_,
        )
        share = shares(votes, equal)
        verdicts = [
            Verdict(
                value=value,
                confidence=rounded(row[side]),
                stop_posterior=rounded(row[side]),
                share=share[task],
                distribution={n: rounded(p) for n, p in zip(names, row.tolist(), strict=True)},
            )
            for task, (value, side, row) in enumerate(
                zip(values, chosen.tolist(), posterior, strict=True)
            )
        ]
        return Opinion(verdicts, None)


def _ties(votes: FieldVotes, follows: Floats, share: float) -> Floats:
    """The probability that the two of each task are as good as each other, (n_tasks,)."""
    trust = np.clip(follows, 0.5, SUREST)[votes.worker]
    says_tie = np.array([1.0 if value == "tie" else -1.0 for value in votes.values])
    odds = np.bincount(votes.task, says_tie * np.log(trust / (1 - trust)), minlength=votes.n_tasks)
    return 1 / (1 + np.exp(-odds) * (1 - share) / share)


def _votes(votes: FieldVotes) -> PairVotes:
    left, right, n_items = _items(votes)
    outcome = np.array([_OUTCOME[value] for value in votes.values])
    return PairVotes(votes.task, votes.worker, outcome, left, right, n_items, votes.n_workers)


def _items(votes: FieldVotes) -> tuple[Codes, Codes, int]:
    """What each task compares, in codes, and how many different things there are."""
    payloads = votes.payloads or [None] * votes.n_tasks
    pairs = [_pair(votes.field, payload, task) for task, payload in enumerate(payloads)]
    items, codes = numbered([repr(item) for pair in pairs for item in pair])
    left, right = codes.reshape(-1, 2).T
    return left, right, len(items)


def _pair(field: forms.Field, payload: Any, task: int) -> list[Hashable]:
    """What tells the two items; without a payload, or of equal items, they are the task's own."""
    if payload is not None:
        pair: list[Hashable] = [_identity(pointers.found(payload, field[s])) for s in _SIDES]
        if pair[0] != pair[1]:
            return pair
    return [(task, side) for side in _SIDES]


def _identity(item: Any) -> str:
    """A text is itself, an object its id, all else its canonical JSON."""
    if isinstance(item, dict):
        item = item.get("id", item)
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True)

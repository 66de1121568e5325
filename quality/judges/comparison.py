"""Comparisons: which of two is better, by Bradley and Terry's model with noisy workers."""

import numpy as np

from quality.core.orders import Margins, NewVotes, NoisyBradleyTerry, PairVotes
from quality.core.votes import Floats
from quality.judges.things import Scores, Things
from quality.judges.verdict import (
    FieldVotes,
    Learned,
    Opinion,
    Stepwise,
    Verdict,
    rounded,
    shares,
)
from tasks_app import forms

PRESUMED = 0.8
# No worker is ever taken to follow or stray for sure, or the log-odds of ties run away.
SUREST = 0.99
# A tie is half a vote for each.
_OUTCOME = {"left": 1.0, "right": 0.0, "tie": 0.5}


class Comparisons(Stepwise):
    """The better side of each task, or a tie.

    The same things compared on several tasks share one score, so a task learns from others. Until
    the next fit the scores stay: votes that the fit has not seen move their own task alone. A tie
    is voted against "no tie", in which the scores decide between the sides.
    """

    name = "noisy_bradley_terry"
    version = "1"

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: the share of ties, how often a newcomer follows, Scores; worker: the own."""
        things = Things(votes)
        fitted = NoisyBradleyTerry().fit(_votes(votes, things))
        is_tie = np.array([value == "tie" for value in votes.values], dtype=np.bool_)
        # As if two answers more had been seen, one of them a tie.
        ties = (is_tie.sum() + 1) / (is_tie.size + 2)
        scores = Scores.of(things, fitted, np.bincount(votes.task, minlength=votes.n_tasks))
        return Learned(
            np.concatenate([[ties, PRESUMED], scores.packed()]), list(fitted.follows_[:, None])
        )

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Follows the scores as workers are presumed to."""
        return population[1:2]

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """The better side of each task."""
        follows = learned.table[:, 0]
        names = forms.choices(votes.field) or []
        surer = _margins(votes, follows, Scores.unpacked(learned.population[2:])).surer
        posterior = np.stack([surer, 1 - surer], axis=1)
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


def _margins(votes: FieldVotes, follows: Floats, scores: Scores) -> Margins:
    """What the last fit knew of the tasks' margins, and the votes that it has not seen."""
    known, n_seen = scores.margins(Things(votes))
    n_votes = np.bincount(votes.task, minlength=votes.n_tasks)
    # Which of a task's votes are new is not known: all count, as far as there are more than then.
    share = np.clip(1 - n_seen / np.maximum(n_votes, 1), 0.0, 1.0)
    outcome = np.array([_OUTCOME[value] for value in votes.values])
    new = NewVotes(votes.task, outcome, follows[votes.worker], share[votes.task])
    return new.added(known)


def _ties(votes: FieldVotes, follows: Floats, share: float) -> Floats:
    """The probability that the two of each task are as good as each other, (n_tasks,)."""
    trust = np.clip(follows, 0.5, SUREST)[votes.worker]
    says_tie = np.array([1.0 if value == "tie" else -1.0 for value in votes.values])
    odds = np.bincount(votes.task, says_tie * np.log(trust / (1 - trust)), minlength=votes.n_tasks)
    return 1 / (1 + np.exp(-odds) * (1 - share) / share)


def _votes(votes: FieldVotes, things: Things) -> PairVotes:
    outcome = np.array([_OUTCOME[value] for value in votes.values])
    left, right = things.pairs.T
    n_items, n_workers = things.names.size, votes.n_workers
    return PairVotes(votes.task, votes.worker, outcome, left, right, n_items, n_workers)

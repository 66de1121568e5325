"""How the labels of a set go together: what the others say about one."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from quality.core.votes import Codes, Floats

# Logistic weights are drawn to 0 as normal ones of this variance would be.
VARIANCE = 1.0
ROUNDS = 8
# How much of what the weights say is taken; 0 unless more predicts votes left out better.
TRUSTS = (0.0, 0.25, 0.5, 0.75, 1.0)
# Of the log probability of all votes, the gain that a useless weight brings by chance, in nats.
CHANCE_GAIN = 0.5
# Probabilities are never surer than this.
SUREST = 1e-9


@dataclass(frozen=True, slots=True)
class Association:
    """The prior log odds of each label, shifted by trust * (base + weights @ (others - centre)).

    centre, base: (n_labels,)
    weights: (n_labels, n_labels), of a row's label, by the others; diagonal 0
    trust: in 0..1; 0 where labels do not help each other
    """

    centre: Floats
    base: Floats
    weights: Floats
    trust: float

    def applied(self, posterior: Floats, alone: Floats, gold: Codes) -> Floats:
        """The posterior with every label's prior shifted by the other labels, (n_tasks, n_labels).

        posterior: that of each label by itself; alone: where the others are read from
        gold: (n_tasks, n_labels), 1 in, 0 out, -1 unknown; wins
        """
        if not self.trust:
            return posterior
        shifted = special.expit(_log_odds(posterior) + self.trust * self.shift(alone))
        return np.where(gold >= 0, posterior, shifted)

    def shift(self, alone: Floats) -> Floats:
        """Of the log odds, in full trust, (n_rows, n_labels)."""
        return np.asarray(self.base + (alone - self.centre) @ self.weights.T)


def learned(task: Codes, alone: Floats, told: Floats, said: Floats) -> Association:
    """Learn which labels go together from what each label's own votes say.

    task: (n_votes,); alone: (n_tasks, n_labels), each label's posterior by its own votes
    told: (n_votes, n_labels), what a vote adds to the log odds of each label
    said: (2, n_votes, n_labels), how likely the vote was with the label out, and in

    A worker's whole set is left out to see whether the other labels predict it: one worker's
    mistakes about several labels are not taken for labels that go together.
    """
    n_labels = alone.shape[1]
    voted = np.unique(task)
    centre = alone[voted].mean(axis=0) if voted.size else np.full(n_labels, 0.5)
    base, weights = np.zeros(n_labels), np.zeros((n_labels, n_labels))
    for label in range(n_labels if voted.size else 0):
        others = np.delete(np.arange(n_labels), label)
        found = _logistic(alone[np.ix_(voted, others)] - centre[others], alone[voted, label])
        base[label] = found[0] - _log_odds(centre[label])
        weights[label, others] = found[1:]
    full = Association(centre, base, weights, 1.0)
    left = special.expit(_log_odds(alone)[task] - told)
    gains = _predicted(left, full.shift(left), said)
    best = int(gains.argmax())
    by_chance = CHANCE_GAIN * n_labels * (n_labels - 1)
    trust = TRUSTS[best] if gains[best] > gains[0] + by_chance else 0.0
    return Association(centre, base, weights, trust)


def _predicted(left: Floats, shift: Floats, said: Floats) -> Floats:
    """Log probability of the votes under each trust, (n_trusts,)."""
    odds = _log_odds(left)
    chances = [special.expit(odds + trust * shift) for trust in TRUSTS]
    return np.array([np.log((1 - p) * said[0] + p * said[1]).sum() for p in chances])


def _logistic(others: Floats, label: Floats) -> Floats:
    """Intercept and weights of a ridge logistic regression on soft labels, by Newton's method."""
    rows = np.column_stack([np.ones(label.size), others])
    penalty = np.full(rows.shape[1], 1.0 / VARIANCE)
    penalty[0] = SUREST
    found = np.zeros(rows.shape[1])
    found[0] = _log_odds(label.mean())
    for _ in range(ROUNDS):
        chance = special.expit(rows @ found)
        gradient = rows.T @ (label - chance) - penalty * found
        curvature = (rows.T * (chance * (1.0 - chance))) @ rows + np.diag(penalty)
        found = found + np.linalg.solve(curvature, gradient)
    return found


def _log_odds(chance: Floats) -> Floats:
    return np.asarray(special.logit(np.clip(chance, SUREST, 1.0 - SUREST)))

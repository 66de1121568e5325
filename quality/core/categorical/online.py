"""One more vote: the posterior of its task, brought up to date without a fit."""

import numpy as np
from numpy.typing import NDArray

from quality.core.categorical.default import KINDS, SMOOTHING, Default
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.inference import all_rates, model_of
from quality.core.categorical.resembling.kind import Kind
from quality.core.votes import Floats, pair_keys

# A posterior is never taken as surer than this when it is gone on from.
SMALLEST = 1e-13
# Numbers in the table of all workers' rates, for each of Default's models.
MOST_ENTRIES = 100_000_000


class Online:
    """The posteriors of a fitted Default, followed vote by vote.

    What the fit learned of workers stays as it is: fit again when the votes have grown by a tenth
    or so. Tasks, workers and labels are coded as in the fit; a worker code beyond them is a worker
    not met yet. A label that nobody gave before the fit shares its probability with all others of
    that sort. Raises ValueError where the workers' rates are more than fits in memory.

    Attributes
    ----------
    posterior_, stop_posterior_ : as Default has them, kept up to date.
    """

    posterior_: Floats
    stop_posterior_: Floats

    def __init__(self, fitted: Default) -> None:
        panel, model = fitted.panel_, model_of(fitted)
        if (panel.n_workers + 1) * panel.n_labels**2 > MOST_ENTRIES:
            raise ValueError("too many workers and labels to follow: judge tasks by infer")
        self._panel = panel
        self.posterior_ = fitted.posterior_.copy()
        self.stop_posterior_ = fitted.stop_posterior_.copy()
        self._correlations = fitted.correlations_[:, None]
        self._rates = np.stack(
            [
                all_rates(kind(), model, learned, panel.n_labels)
                for kind, learned in zip(KINDS, model.members, strict=True)
            ]
        )
        self._evidence = np.stack([_evidence(panel, member) for member in fitted.members_])
        self._counts = np.zeros((panel.n_tasks, panel.n_labels))
        self._counts[panel.voted] = panel.shares().T
        even = np.full(panel.n_labels, 1.0 / panel.n_labels)
        self._pseudo = SMOOTHING * panel.n_labels * (even if panel.prior is None else panel.prior)
        self._is_known = np.zeros(panel.n_tasks, dtype=np.bool_)
        self._is_known[panel.known] = True
        self._cast = _cast(panel)
        self._since: set[tuple[int, int]] = set()

    def update(self, task: int, worker: int, label: int) -> Floats:
        """Take one vote in; the posterior of its task, (n_labels,).

        Raises ValueError for a task or label outside the fit's and for a worker's second vote on
        a task; nothing changes then.
        """
        self._check(task, worker, label)
        self._since.add((task, worker))
        code = int(self._panel.code_of[label])
        row = min(worker, self._panel.n_workers) * self._panel.n_labels + code
        evidence = self._evidence[:, task]
        evidence += self._rates[:, row]
        counts = self._counts[task]
        counts[code] += 1.0
        if not self._is_known[task]:
            n_votes = counts.sum()
            powers = 1.0 / (1.0 + self._correlations * (n_votes - 1.0))
            share = (counts + self._pseudo) / (n_votes + self._pseudo.sum())
            belief = _normalised(evidence * powers).sum(axis=0) + share
            self.posterior_[task] = self._declared(belief / belief.sum())
            self.stop_posterior_[task] = self._declared(_normalised(evidence[:1])[0])
        return self.posterior_[task]

    def _check(self, task: int, worker: int, label: int) -> None:
        if not 0 <= task < self._panel.n_tasks:
            raise ValueError(f"task must lie in 0..{self._panel.n_tasks - 1}")
        if not 0 <= label < self._panel.n_declared:
            raise ValueError(f"label must lie in 0..{self._panel.n_declared - 1}")
        if worker < 0:
            raise ValueError("worker must be at least 0")
        key = task * self._panel.n_workers + worker
        at = int(np.searchsorted(self._cast, key)) if worker < self._panel.n_workers else -1
        was_cast = 0 <= at < self._cast.size and self._cast[at] == key
        if was_cast or (task, worker) in self._since:
            raise ValueError(f"worker {worker} voted more than once on task {task}")

    def _declared(self, belief: Floats) -> Floats:
        unseen = self._panel.unseen
        if unseen.size == 0:
            return belief
        declared = np.empty(self._panel.n_declared)
        declared[self._panel.seen] = belief[:-1]
        declared[unseen] = belief[-1] * self._panel.unseen_shares
        return declared


def _evidence(panel: Panel, member: Kind) -> Floats:
    """What the fit found, as logarithms up to a constant, (n_tasks, n_labels)."""
    evidence = np.empty((panel.n_tasks, panel.n_labels))
    evidence[:] = member.log_prior_
    evidence[panel.voted] = np.log(np.maximum(member.voted_.T, SMALLEST))
    return evidence


def _cast(panel: Panel) -> NDArray[np.int64]:
    """The (task, worker) pairs of the fit's votes, sorted."""
    keys = [
        pair_keys(
            np.repeat(panel.voted[span], block.sizes),
            panel.row_worker[block.rows],
            panel.n_workers,
        )[panel.row_worker[block.rows] < panel.n_workers]
        for span, block in panel
    ]
    return np.sort(np.concatenate(keys))


def _normalised(evidence: Floats) -> Floats:
    weight = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))

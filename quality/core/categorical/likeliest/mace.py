"""Workers know the label, or say anything: whom to trust."""

import numpy as np

from quality.core.categorical.aggregator import Aggregator, class_shares
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Floats

# Newton's steps, of which ten are seldom taken.
MOST_STEPS = 60
CLOSE = 1e-15


class Mace(Aggregator):
    """A worker knows the label with some probability, or else draws from labels of their own.

    The posterior at its likeliest under a Dirichlet prior of what each worker does: knows, or
    says each of the labels without knowing. It starts from the vote, without random restarts.

    Parameters
    ----------
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.
    known, spammed : votes presumed of each worker; the spammed are spread evenly over the labels.
    accelerate : extrapolate between rounds; the fixed point is the same.

    Attributes, once fitted
    -----------------------
    trust_ : (n_workers,), how often a worker knows; as presumed without votes.

    Source: Hovy, Berg-Kirkpatrick, Vaswani & Hovy (2013), "Learning Whom to Trust with MACE",
    NAACL-HLT, 1120-1130; here the class prior is learned, where the source has an even one.
    """

    trust_: Floats

    def __init__(
        self,
        *,
        max_rounds: int = 300,
        tol: float = 1e-7,
        known: float = 1.0,
        spammed: float = 1.0,
        accelerate: bool = True,
    ) -> None:
        if max_rounds < 1 or not (known > 0 and spammed > 0):
            raise ValueError("max_rounds, known and spammed must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.known = known
        self.spammed = spammed
        self.accelerate = accelerate

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        # A class prior that is learned presumes a task of each label.
        presumed = float(panel.prior is None)

        def step(posterior: Floats) -> tuple[Floats, float]:
            self.log_prior_ = class_shares(panel, posterior, presumed * panel.n_labels)
            knows, says = self._learned(panel, posterior)
            base = np.log(says)
            gain = np.log(knows[panel.row_place] + says) - base
            after, likelihood = panel.hit_posterior(gain, base, self.log_prior_)
            prior = self.known * np.log(knows).sum() + self._each(panel) * base.sum()
            prior += presumed * self.log_prior_.sum()
            return after, likelihood + float(prior)

        summit = climb(
            step, first, max_rounds=self.max_rounds, tol=self.tol, accelerate=self.accelerate
        )
        knows, _ = self._learned(panel, summit.posterior)
        people = panel.present < panel.n_workers
        self.trust_ = np.full(panel.n_workers, self.known / (self.known + self.spammed))
        self.trust_[panel.present[people]] = knows[people]
        return summit

    def _learned(self, panel: Panel, posterior: Floats) -> tuple[Floats, Floats]:
        """How often each worker knows, (n_present,), or says what they said without, (n_rows,)."""
        total = panel.by_worker(panel.row_weights) + self.known + self.spammed
        right = panel.hits(posterior)
        each = self._each(panel)
        wrong = np.maximum(panel.row_weights - right, 0.0) + each
        n_unused = panel.n_labels - panel.by_worker(np.ones(panel.n_rows))
        of_row = total[panel.row_place]
        return _likeliest(panel, right / of_row, wrong / of_row, n_unused * each / total)

    def _each(self, panel: Panel) -> float:
        return self.spammed / panel.n_labels


def _likeliest(panel: Panel, right: Floats, wrong: Floats, unused: Floats) -> tuple[Floats, Floats]:
    """The maximum of sum(right log(knows + says) + wrong log(says)) and the rest of log(knows).

    With the multiplier known, each of `says` solves a quadratic in `knows`, and their sum with
    `knows` is convex in it: Newton's steps from 1 come down to the one solution.
    """
    knows, place = np.ones(panel.present.size), panel.row_place
    for _ in range(MOST_STEPS):
        says, slope = _said(knows[place], right, wrong)
        excess = knows + panel.by_worker(says) + unused - 1.0
        move = excess / (1.0 + panel.by_worker(slope))
        knows = np.clip(knows - move, CLOSE, 1.0)
        if np.abs(move).max(initial=0.0) < CLOSE:
            break
    return knows, _said(knows[place], right, wrong)[0]


def _said(knows: Floats, right: Floats, wrong: Floats) -> tuple[Floats, Floats]:
    """The positive root s of s² + (knows - right - wrong) s = wrong knows, and its derivative."""
    over = knows - right - wrong
    root = np.sqrt(over**2 + 4.0 * wrong * knows)
    says = np.where(over > 0, 2.0 * wrong * knows / (root + np.abs(over)), (root - over) / 2.0)
    return says, (wrong - says) / root

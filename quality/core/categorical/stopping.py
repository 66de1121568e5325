"""How sure the stop posterior must be, so that tasks that stop are right as often as wanted."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from quality.core.categorical.default import Default
from quality.core.categorical.engine.block import Block
from quality.core.categorical.engine.leave_out import chunks, log_rates, summed
from quality.core.categorical.engine.rates import row_counts
from quality.core.votes import Floats

# The thresholds tried: the target, then each with odds half as high again.
N_STEPS = 12
STEP = np.log(1.5)
# Fewer votes or gold tasks than these are no ground to ask for more than the target.
ENOUGH_VOTES = 200
ENOUGH_GOLD = 30
# Standard errors that chance exceeds one time in forty.
CERTAINTY = 1.96


@dataclass(frozen=True, slots=True)
class Threshold:
    """Stop a task when its stop posterior reaches tau.

    basis: "target" while there is too little to judge by, "leave_one_out" or "gold"
    n_checked: votes left out, or gold tasks, that would have stopped at tau
    accuracy: how often those were right, nan without any
    """

    tau: float
    basis: str
    n_checked: int
    accuracy: float


def threshold(fitted: Default, target: float, *, least: int = 1) -> Threshold:
    """The lowest tau from the target up at which stopped tasks are not seen to miss it.

    Each vote is left out in turn: where the others would have stopped the task, the vote tells
    whether they were right, for a worker of known accuracy agrees so often with a right label and
    so often with a wrong one. Gold, once there is enough, counts instead: its tasks are replayed
    until they would have stopped. A target is missed when the accuracy is below it by more than
    chance would explain one time in forty. The last tau tried is returned if none is good enough.

    least: no task stops with fewer votes
    """
    taus = special.expit(special.logit(target) + STEP * np.arange(N_STEPS))
    for basis, checked, enough in (
        ("gold", _replayed(fitted, taus, least), ENOUGH_GOLD),
        ("leave_one_out", _left_out(fitted, taus), ENOUGH_VOTES),
    ):
        if checked.n[0] >= enough:
            meets = np.flatnonzero((checked.n >= enough) & (checked.at_most >= target))
            at = int(meets[0]) if meets.size else taus.size - 1
            # Rounding must not lead below the target.
            tau = max(target, round(float(taus[at]), 6))
            return Threshold(tau, basis, int(checked.n[at]), float(checked.accuracy[at]))
    return Threshold(target, "target", int(checked.n[0]), float(checked.accuracy[0]))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What checks of each tau found, (n_taus,) each.

    n: votes left out, or gold tasks, that would have stopped
    accuracy: the share of them that were right
    at_most: what that is with 97.5 % certainty not above
    """

    n: Floats
    accuracy: Floats
    at_most: Floats


def _left_out(fitted: Default, taus: Floats) -> _Checked:
    """Votes on tasks that the others would have stopped, and how right those are."""
    panel, member = fitted.panel_, fitted.members_[0]
    rates = member.rates_of(panel, member.voted_)
    counts = row_counts(panel, member.voted_)
    accuracy = member.pool_.accuracies(counts)
    by_mistake = _by_mistake(member.pool_.mistakes)
    checked, agreed, if_right, if_wrong = np.zeros((4, taus.size))
    for span, block in panel:
        before = member.voted_[:, span]
        known = np.zeros(block.n_tasks, dtype=np.bool_)
        known[block.known] = True
        for tasks, votes in chunks(block):
            logs = log_rates(rates, block, tasks, votes, before)
            evidence = summed(block, tasks, votes, logs) + member.log_prior_[:, None]
            others = special.softmax(np.repeat(evidence, block.sizes[tasks], axis=1) - logs, axis=0)
            judged = np.repeat((block.sizes > 1)[tasks] & ~known[tasks], block.sizes[tasks])
            label, sure = others.argmax(axis=0), others.max(axis=0)
            right = accuracy[panel.row_place[block.rows[votes]]]
            wrong = (1.0 - right) * by_mistake[label]
            agrees = label == block.label[votes]
            for i, tau in enumerate(taus):
                stopped = judged & (sure >= tau)
                checked[i] += stopped.sum()
                agreed[i] += agrees[stopped].sum()
                if_right[i] += right[stopped].sum()
                if_wrong[i] += wrong[stopped].sum()
    between = np.where(if_right > if_wrong, if_right - if_wrong, np.nan)
    rate = agreed / np.maximum(checked, 1.0)
    # Votes on one task share its fate: they tell no more than one would.
    error = np.sqrt(rate * (1.0 - rate) * checked * panel.row_weights.sum() / max(panel.n_voted, 1))
    accuracy = np.clip((agreed - if_wrong) / between, 0.0, 1.0)
    return _Checked(checked, accuracy, accuracy + CERTAINTY * error / between)


def _by_mistake(mistakes: Floats) -> Floats:
    """How likely each label is said by mistake, over all other truths alike, (n_labels,)."""
    others = max(mistakes.shape[0] - 1, 1)
    return np.asarray((mistakes.sum(axis=0) - np.diag(mistakes)) / others)


def _replayed(fitted: Default, taus: Floats, least: int) -> _Checked:
    """Gold tasks that would have stopped, and the share of those stopped at the right label."""
    panel, member = fitted.panel_, fitted.members_[0]
    rates = member.rates_of(panel, member.voted_)
    stopped, right = np.zeros((2, taus.size))
    for span, block in panel:
        own = np.repeat(member.voted_[:, span], block.sizes, axis=1)
        for task, label in zip(block.known.tolist(), block.known_labels.tolist(), strict=True):
            votes = slice(int(block.starts[task]), int(block.starts[task + 1]))
            running = _running(rates.logs(block, votes, own[:, votes]), block, votes)
            beliefs = special.softmax(running + member.log_prior_[:, None], axis=0)
            sure, said = beliefs.max(axis=0), beliefs.argmax(axis=0)
            for i, tau in enumerate(taus):
                ends = least - 1 + np.flatnonzero(sure[least - 1 :] >= tau)
                if ends.size:
                    stopped[i] += 1
                    right[i] += said[ends[0]] == label
    at_most = special.betaincinv(right + 1.0, np.maximum(stopped - right, 0.5), 0.975)
    return _Checked(stopped, right / np.maximum(stopped, 1.0), at_most)


def _running(logs: Floats, block: Block, votes: slice) -> Floats:
    weighted = logs if block.weight is None else logs * block.weight[votes]
    return np.cumsum(weighted, axis=1)

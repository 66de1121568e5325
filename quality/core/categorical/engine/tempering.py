"""How far to trust votes that may err together: judged by how well they predict each other."""

import numpy as np

from quality.core.categorical.engine.block import Block
from quality.core.categorical.engine.leave_out import chunks, log_rates, summed
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import Rates
from quality.core.votes import Floats

# How much of each further vote on a task is taken as an echo of the others.
CORRELATIONS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.5)


def predictive(
    panel: Panel,
    rates: Rates,
    posterior: Floats,
    log_prior: Floats,
    correlations: tuple[float, ...] = CORRELATIONS,
) -> Floats:
    """Mean log probability of a vote, given the other votes on its task, in nats.

    One entry per correlation; nan if no task has two votes.
    """
    total, n_votes = np.zeros(len(correlations)), 0
    for span, block in panel:
        before = posterior[:, span]
        for tasks, votes in chunks(block):
            logs = log_rates(rates, block, tasks, votes, before)
            shared = np.repeat(block.sizes[tasks] > 1, block.sizes[tasks])
            n_votes += int(shared.sum())
            others = _others(block, tasks, votes, logs, log_prior)[:, shared]
            others -= others.max(axis=0)
            said = np.exp(logs[:, shared])
            n_others = _n_others(block, tasks, votes)[shared]
            for i, correlation in enumerate(correlations):
                belief = others / (1.0 + correlation * n_others) if correlation else others.copy()
                np.exp(belief, out=belief)
                scale = belief.sum(axis=0)
                belief *= said
                total[i] += np.log(belief.sum(axis=0) / scale).sum()
    return total / n_votes if n_votes else np.full(len(correlations), np.nan)


def tempered(panel: Panel, posterior: Floats, correlation: float) -> Floats:
    """The posterior to the power 1 / (1 + correlation (n - 1)) of a task with n votes."""
    n_votes = np.concatenate([block.weights for _, block in panel])
    return _normalised(
        np.log(np.maximum(posterior, np.finfo(float).tiny))
        / (1.0 + correlation * np.maximum(n_votes - 1.0, 0.0))
    )


def best_correlation(predicted: Floats) -> float:
    """The correlation under which the votes predict each other best; the first of equals."""
    return 0.0 if np.isnan(predicted).any() else CORRELATIONS[int(predicted.round(9).argmax())]


def _others(block: Block, tasks: slice, votes: slice, logs: Floats, log_prior: Floats) -> Floats:
    evidence = summed(block, tasks, votes, logs) + log_prior[:, None]
    return np.repeat(evidence, block.sizes[tasks], axis=1) - logs


def _n_others(block: Block, tasks: slice, votes: slice) -> Floats:
    """The votes beside each on its task, less the one that they may echo."""
    own = 1.0 if block.weight is None else block.weight[votes]
    beside = np.repeat(block.weights[tasks], block.sizes[tasks]) - own
    return np.maximum(beside - 1.0, 0.0)


def _normalised(logs: Floats) -> Floats:
    logs -= logs.max(axis=0)
    np.exp(logs, out=logs)
    logs /= logs.sum(axis=0)
    return logs

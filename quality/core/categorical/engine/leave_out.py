"""Posteriors in which no vote is judged by what it taught itself."""

from collections.abc import Iterator

import numpy as np

from quality.core.categorical.engine.block import Block
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import Rates
from quality.core.votes import Floats

# Probabilities of votes handled at once: they stay in the processor's cache.
CHUNK = 32_768


def left_out(panel: Panel, rates: Rates, posterior: Floats, log_prior: Floats) -> Floats:
    """The posterior of each voted task under rates that leave out its own votes."""
    after = np.empty_like(posterior)
    for span, block in panel:
        before, evidence = posterior[:, span], after[:, span]
        for tasks, votes in chunks(block):
            logs = log_rates(rates, block, tasks, votes, before)
            evidence[:, tasks] = summed(block, tasks, votes, logs)
        after[:, span], _ = block.normalised(evidence, log_prior)
    return after


def chunks(block: Block) -> Iterator[tuple[slice, slice]]:
    """The block's tasks, some at a time, and their votes."""
    first = 0
    while first < block.n_tasks:
        reach = block.starts[first] + CHUNK // block.n_labels
        last = max(int(np.searchsorted(block.starts, reach, side="right")) - 1, first + 1)
        yield slice(first, last), slice(int(block.starts[first]), int(block.starts[last]))
        first = last


def log_rates(rates: Rates, block: Block, tasks: slice, votes: slice, posterior: Floats) -> Floats:
    """The log probabilities of the tasks' votes, times their weights, (n_labels, n_votes)."""
    own = np.repeat(posterior[:, tasks], block.sizes[tasks], axis=1)
    if block.weight is None:
        return rates.logs(block, votes, own)
    weight = block.weight[votes]
    return rates.logs(block, votes, own * weight) * weight


def summed(block: Block, tasks: slice, votes: slice, logs: Floats) -> Floats:
    """Over each task's votes, (n_labels, n_tasks)."""
    return np.add.reduceat(logs, block.starts[tasks] - votes.start, axis=1)

"""How well the other answers to a task predict each answer."""

import numpy as np

from quality.core.numbers.consensus import NumberModel, located
from quality.core.numbers.votes import NumberVotes
from quality.core.votes import Codes, Floats

# Answers to a more crowded task are predicted from the next this many alone.
MOST_OTHERS = 30
# (answer, other answer) pairs handled at once.
PAIRS = 1_000_000
# Predictions are compared, not kept: they need not be sharp.
MAX_ROUNDS = 15


def left_out_errors(votes: NumberVotes, model: NumberModel) -> Floats:
    """What each answer is above its prediction from the others on its task, (n_votes,).

    votes: in order of task, then worker
    """
    said = votes.value - model.centre - model.bias[votes.worker]
    predicted = np.empty(votes.value.size)
    size = PAIRS // max(int(np.clip(votes.n_answers.max(initial=1) - 1, 1, MOST_OTHERS)), 1)
    for first in range(0, votes.value.size, size):
        judged = np.arange(first, min(first + size, votes.value.size))
        predicted[judged], _ = located(_others(votes, judged), model, max_rounds=MAX_ROUNDS)
    return np.asarray(said - model.slope[votes.worker] * (predicted - model.centre))


def _others(votes: NumberVotes, judged: Codes) -> NumberVotes:
    """As votes of a task for each judged vote: those on its own task, without it."""
    n_answers = votes.n_answers
    ends = np.cumsum(n_answers)
    task = votes.task[judged]
    start, n_beside = (ends - n_answers)[task], n_answers[task] - 1
    n_told = np.minimum(n_beside, MOST_OTHERS)
    target = np.repeat(np.arange(judged.size), n_told)
    step = np.arange(target.size) - np.repeat(np.cumsum(n_told) - n_told, n_told) + 1
    place = (judged - start)[target] + step
    told = start[target] + place % (n_beside + 1)[target]
    return NumberVotes(target, votes.worker[told], votes.value[told], judged.size, votes.n_workers)

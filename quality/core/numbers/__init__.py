"""Answers that are numbers: what they come to, and how each worker measures."""

from quality.core.numbers.consensus import (
    NumberConsensus,
    NumberModel,
    infer,
    settled_within,
    within,
)
from quality.core.numbers.robust_mean import NumberWorkers, RobustMean
from quality.core.numbers.votes import NumberVotes

__all__ = [
    "NumberConsensus",
    "NumberModel",
    "NumberVotes",
    "NumberWorkers",
    "RobustMean",
    "infer",
    "settled_within",
    "within",
]

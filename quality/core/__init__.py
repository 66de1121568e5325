"""The numeric core: from votes to consensus, reliability and agreement. Arrays in, arrays out.

One room for each kind of answer: `categorical`, `ordinal`, `multichoice`, `numbers`, `texts`,
`orders` (comparisons and rankings), `regions` (spans and boxes); `agreement` measures them all.
"""

from quality.core.intervals import (
    beta_interval,
    mean_interval,
    median_ranks,
    rate_interval,
    share_interval,
)
from quality.core.numbering import numbered
from quality.core.ordinal import posterior_median
from quality.core.skill import Accuracy, accuracies, pooled_accuracies
from quality.core.texts import normalised
from quality.core.votes import Votes, encode

__all__ = [
    "Accuracy",
    "Votes",
    "accuracies",
    "beta_interval",
    "encode",
    "mean_interval",
    "median_ranks",
    "normalised",
    "numbered",
    "pooled_accuracies",
    "posterior_median",
    "rate_interval",
    "share_interval",
]

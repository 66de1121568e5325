"""Intervals of single shares, rates, means and medians, as people read them."""

import numpy as np
from scipy import special

from quality.core.votes import Codes, Floats

# A central interval of 95 %.
ENDS = (0.025, 0.975)


def beta_interval(alpha: float, beta: float) -> tuple[float, float]:
    """The central 95 % of a Beta distribution."""
    low, high = (float(special.betaincinv(alpha, beta, end)) for end in ENDS)
    return low, high


def share_interval(right: float, n: float) -> tuple[float, float]:
    """The central 95 % credible interval of a share, of `right` in n under a uniform prior.

    Scores between 0 and 1 count in part. Raises ValueError unless 0 <= right <= n.
    """
    if not 0 <= right <= n:
        raise ValueError(f"{right} of {n} is no share")
    return beta_interval(1.0 + right, 1.0 + n - right)


def rate_interval(n: int, span: float) -> tuple[float, float]:
    """The central 95 % credible interval of a rate, of n events in a span, under Jeffreys' prior.

    In events by unit of the span. Raises ValueError unless the span is positive.
    """
    if span <= 0:
        raise ValueError("a rate needs a positive span")
    low, high = (float(special.gammaincinv(n + 0.5, end)) / span for end in ENDS)
    return low, high


def mean_interval(numbers: Floats) -> Floats:
    """The mean of (n,) numbers and its 95 % interval by Student's t: (mean, low, high).

    Raises ValueError for fewer than two: one number does not tell how far others lie.
    """
    if numbers.size < 2:
        raise ValueError("an interval of a mean needs two numbers")
    mean = numbers.mean()
    reach = special.stdtrit(numbers.size - 1, ENDS[1]) * numbers.std(ddof=1) / numbers.size**0.5
    return np.array([mean, mean - reach, mean + reach])


def median_ranks(n: Codes) -> Codes:
    """Which of n numbers in order are the ends of a 95 % interval of their median.

    n: (n_samples,) how many numbers there are of each sample
    Returns (n_samples, 2): ranks from 1, as far from the first as from the last; both 0 where even
    these two hold the median less often, which is below six.

    Whatever the numbers' distribution, as many of them lie below its median as heads fall of n
    coins; the interval holds it 95 % of the time or, there being whole ranks only, more often.
    Source: Thompson (1936), "On Confidence Ranges for the Median and Other Expectation
    Distributions for Populations of Unknown Distribution Form", Annals of Mathematical
    Statistics 7(3), 122-128.
    """
    # Not defined for no coin; of one it is 0 too.
    low = np.ceil(special.bdtrik(ENDS[0], np.maximum(n, 1), 0.5)).astype(np.int64)
    return np.stack([low, np.where(low > 0, n + 1 - low, 0)], axis=1)

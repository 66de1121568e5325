"""Compare what is believed with what is true."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

# As benchmarks do: a probability of 0 that was wrong would drown all others.
SMALLEST = 1e-6


def accuracy(values: Mapping[str, object], truth: Mapping[str, str]) -> float:
    """Share of all the truth's sentences whose value is right; one without a value is wrong."""
    return sum(values.get(name) == true for name, true in truth.items()) / len(truth)


def majority_accuracy(votes: Mapping[str, Sequence[str]], truth: Mapping[str, str]) -> float:
    """The same for the most frequent vote; of tied labels the right one counts its share."""
    return sum(_credit(votes.get(name, ()), true) for name, true in truth.items()) / len(truth)


def log_loss(beliefs: Mapping[str, Mapping[str, float]], truth: Mapping[str, str]) -> float:
    """Mean surprise at the truth, in nats: 0 for certain and right; none is below 1e-6 sure."""
    sure = (beliefs.get(name, {}).get(true, 0.0) for name, true in truth.items())
    return -sum(math.log(max(share, SMALLEST)) for share in sure) / len(truth)


def commonest(labels: Iterable[str]) -> str:
    """The most frequent label, of tied ones the first in the alphabet."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that this share of the values does not exceed; None of none."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _credit(votes: Sequence[str], true: str) -> float:
    counts = Counter(votes)
    most = max(counts.values(), default=0)
    tied = [label for label, n in counts.items() if n == most]
    return 1 / len(tied) if true in tied else 0.0

"""How many answers stopping saved, against even allocation that reaches the same accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks import tables
from benchmarks.stopping.replay import Point, Stopped

# Where more answers add less accuracy than this there is nothing to save at equal accuracy.
LEAST_GAIN = 0.02


@dataclass(frozen=True)
class Outcome:
    """One set over all its seeds, means of the seeds.

    needed: answers even allocation needs for the same accuracy; all of them if it never gets there
    gain: accuracy of all answers less that of one a task
    """

    name: str
    redundancy: float
    n_all: int
    used: float
    needed: float
    accuracy: float
    even_accuracy: float
    gain: float
    confidence: float
    closed_accuracy: float | None
    closed_confidence: float | None

    @property
    def saved(self) -> float:
        return 1 - self.used / self.needed

    @property
    def gap(self) -> float:
        return abs(self.confidence - self.accuracy)

    @property
    def counts(self) -> bool:
        return self.gain >= LEAST_GAIN


def outcome(
    name: str,
    redundancy: float,
    curves: Sequence[Sequence[Point]],
    ends: Sequence[Stopped],
) -> Outcome:
    """From the curves and ends of all seeds."""
    n_answers = [point.n_answers for point in curves[0]]
    curve = np.mean([[point.accuracy for point in curve] for curve in curves], axis=0).tolist()
    used, accuracy, confidence = (
        float(np.mean([getattr(end, field) for end in ends]))
        for field in ("n_answers", "accuracy", "confidence")
    )
    return Outcome(
        name=name,
        redundancy=redundancy,
        n_all=n_answers[-1],
        used=used,
        needed=needed(n_answers, curve, accuracy),
        accuracy=accuracy,
        even_accuracy=float(np.interp(used, n_answers, curve)),
        gain=curve[-1] - curve[0],
        confidence=confidence,
        closed_accuracy=tables.mean(end.closed_accuracy for end in ends),
        closed_confidence=tables.mean(end.closed_confidence for end in ends),
    )


def needed(n_answers: Sequence[int], curve: Sequence[float], accuracy: float) -> float:
    """The answers at which the running maximum of the curve reaches the accuracy.

    Between two points it is taken to rise evenly; above its end, all answers are needed.
    """
    best = np.maximum.accumulate(curve)
    reached = np.flatnonzero(best >= accuracy)
    if not reached.size:
        return float(n_answers[-1])
    here = int(reached[0])
    if here == 0:
        return float(n_answers[0])
    share = (accuracy - best[here - 1]) / (best[here] - best[here - 1])
    return float(n_answers[here - 1] + share * (n_answers[here] - n_answers[here - 1]))

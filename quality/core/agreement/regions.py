"""How far sets of boxes agree."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
from scipy import optimize

from quality.core.agreement.resampling import (
    NO_SHARED_TASK,
    Agreement,
    Measure,
    mean_over_answers,
)
from quality.core.agreement.sharing import beside, by_task
from quality.core.votes import Codes, Floats

# x, y, width, height in any one unit, and the label.
Box = tuple[float, float, float, float, Hashable]
# Boxes that overlap this much show the same thing.
SAME = 0.5
# Tasks of so many boxes in all are compared at once; more, one pair of answers at a time.
FEW = 300


def mean_iou(
    task: Codes, answers: Sequence[Sequence[Box]], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """The overlap of the boxes of two answers, mean over the pairs of a task.

    task: (n_answers,) codes; tasks with one answer do not count
    answers: n_answers sequences of (x, y, width, height, label)

    Boxes of equal label are matched one to one for the largest total intersection over union; a
    pair of answers has 2 (that total) / (boxes of both), 1 without any box. Averaged over answers.
    Raises ValueError for unequal lengths, values that are not finite and negative sizes.
    Source: Kuhn (1955), "The Hungarian Method for the Assignment Problem"; Kirillov et al. (2019),
    "Panoptic Segmentation", CVPR, whose quality this is with no overlap too small to count.
    """
    return _compared("mean_iou", _overlap, task, answers, n_draws, seed)


def detection_f1(
    task: Codes, answers: Sequence[Sequence[Box]], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """The F1 score of one answer's boxes against another's, mean over the pairs of a task.

    A box is found if it is matched to one of equal label with an intersection over union of at
    least 0.5; the matching finds as many as can be. Arguments and errors as for mean_iou.
    Source: Everingham et al. (2010), "The Pascal Visual Object Classes (VOC) Challenge",
    International Journal of Computer Vision 88, 303-338, for the threshold.
    """
    return _compared("detection_f1", _found, task, answers, n_draws, seed)


def _compared(
    name: str,
    worth: Callable[[Floats], Floats],
    task: Codes,
    answers: Sequence[Sequence[Box]],
    n_draws: int,
    seed: int,
) -> Agreement:
    for row, boxes in enumerate(answers):
        places = np.array([box[:4] for box in boxes], dtype=np.float64).reshape(-1, 4)
        if not np.isfinite(places).all() or (places[:, 2:] < 0).any():
            raise ValueError(f"answer {row} has a box that is not finite or of negative size")
    grouped = by_task(task, answers)
    size = np.array([len(of_task) for of_task in grouped], dtype=np.float64)
    value = np.array([_mean_score(of_task, worth) for of_task in grouped])
    reason = None if grouped else NO_SHARED_TASK
    measure = Measure(name, "boxes", beside([size, size * value]), mean_over_answers, reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def _mean_score(answers: Sequence[Sequence[Box]], worth: Callable[[Floats], Floats]) -> float:
    """2 (total worth of the matched boxes) / (boxes of both), mean over pairs of answers."""
    return float(np.mean([_score(worth(table)) for table in _tables(answers)]))


def _tables(answers: Sequence[Sequence[Box]]) -> Iterator[Floats]:
    """The similarities of the boxes of every two answers, (n_boxes, n_boxes) each."""
    code_of: dict[Hashable, int] = {}
    drawn = [_drawn(boxes, code_of) for boxes in answers]
    ends = np.cumsum([0, *(len(boxes) for boxes in answers)]).tolist()
    if ends[-1] > FEW:
        yield from (_similarities(one, other) for one, other in combinations(drawn, 2))
        return
    everything = np.concatenate(drawn)
    table = _similarities(everything, everything)
    places = [slice(start, end) for start, end in pairwise(ends)]
    yield from (table[one, other] for one, other in combinations(places, 2))


def _drawn(boxes: Sequence[Box], code_of: dict[Hashable, int]) -> Floats:
    """x, y, width, height and the code of the label, (n_boxes, 5)."""
    rows = [(*box[:4], code_of.setdefault(box[4], len(code_of))) for box in boxes]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def _score(table: Floats) -> float:
    if not sum(table.shape):
        return 1.0
    return 2 * _matched(table) / sum(table.shape)


def _matched(table: Floats) -> float:
    """The largest total of a one-to-one matching of rows and columns."""
    if min(table.shape) < 2:
        return float(table.max(initial=0.0))
    rows, columns = optimize.linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum())


def _similarities(one: Floats, other: Floats) -> Floats:
    """Intersection over union of all boxes, 0 between labels, (n_boxes of one, of other)."""
    common = _shared(one[:, 0], one[:, 2], other[:, 0], other[:, 2])
    common *= _shared(one[:, 1], one[:, 3], other[:, 1], other[:, 3])
    together = (one[:, 2] * one[:, 3])[:, None] + other[:, 2] * other[:, 3] - common
    overlap = np.divide(common, together, out=common, where=together > 0)
    # Equal boxes agree, also where they have no area to share.
    overlap[(one[:, None] == other).all(axis=2)] = 1.0
    np.minimum(overlap, 1.0, out=overlap)
    overlap[one[:, 4][:, None] != other[:, 4]] = 0.0
    return overlap


def _shared(low: Floats, size: Floats, other_low: Floats, other_size: Floats) -> Floats:
    """How much of one side boxes share, (n_boxes of one, of other)."""
    shared = np.minimum((low + size)[:, None], other_low + other_size)
    shared -= np.maximum(low[:, None], other_low)
    return np.maximum(shared, 0.0, out=shared)


def _overlap(similarity: Floats) -> Floats:
    return similarity


def _found(similarity: Floats) -> Floats:
    return (similarity >= SAME).astype(np.float64)

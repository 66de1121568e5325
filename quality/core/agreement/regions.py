"""How far sets of boxes agree."""

from collections.abc import Callable, Hashable, Sequence
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
    table = worth(_similarities([box for boxes in answers for box in boxes]))
    ends = np.cumsum([0, *(len(boxes) for boxes in answers)]).tolist()
    places = [slice(start, end) for start, end in pairwise(ends)]
    scores = [_score(table[one, other]) for one, other in combinations(places, 2)]
    return float(np.mean(scores))


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


def _similarities(boxes: Sequence[Box]) -> Floats:
    """Intersection over union of all boxes, 0 between labels, (n_boxes, n_boxes)."""
    code_of: dict[Hashable, int] = {}
    label = np.array([code_of.setdefault(box[4], len(code_of)) for box in boxes], dtype=np.int64)
    place = np.array([box[:4] for box in boxes], dtype=np.float64).reshape(-1, 4)
    low, size = place[:, :2], place[:, 2:]
    high = low + size
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    common = np.maximum(shared, 0.0).prod(axis=2)
    area = size.prod(axis=1)
    together = area[:, None] + area - common
    overlap = common / np.where(together > 0, together, 1.0)
    # Equal boxes agree, also where they have no area to share.
    overlap[(place[:, None] == place).all(axis=2)] = 1.0
    return np.where(label[:, None] == label, np.minimum(overlap, 1.0), 0.0)


def _overlap(similarity: Floats) -> Floats:
    return similarity


def _found(similarity: Floats) -> Floats:
    return (similarity >= SAME).astype(np.float64)

"""Answers that are boxes, what is known of those who drew them, and the boxes found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quality.core.regions.detection import Detectors
from quality.core.votes import Codes, Floats, check_pairs


class Box(NamedTuple):
    """A box by its corner nearest to the origin and its size, and the code of its label."""

    x: float
    y: float
    width: float
    height: float
    label: int


class FoundBox(NamedTuple):
    """A box of the consensus, with the probability that it is there and of this label."""

    x: float
    y: float
    width: float
    height: float
    label: int
    confidence: float


AnyBox = Box | FoundBox


@dataclass(frozen=True, slots=True)
class BoxVotes:
    """Boxes drawn per vote, perhaps none, at most one vote per worker and task.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    boxes: n_votes collections of boxes, in any unit

    Raises ValueError for unequal lengths, codes out of bounds, repeated (task, worker) pairs,
    boxes without area and labels outside 0..n_labels-1.
    """

    task: Codes
    worker: Codes
    boxes: tuple[tuple[Box, ...], ...]
    n_tasks: int
    n_workers: int
    n_labels: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if len(self.boxes) != self.task.size:
            raise ValueError("boxes must have one entry per vote")
        for row, boxes in enumerate(self.boxes):
            for box in boxes:
                if not (np.isfinite(box[:4]).all() and box.width > 0 and box.height > 0):
                    raise ValueError(f"row {row}: a box must have an area")
                if not 0 <= box.label < self.n_labels:
                    raise ValueError(f"row {row}: labels must lie in 0..{self.n_labels - 1}")


@dataclass(frozen=True, slots=True)
class BoxSkills:
    """What is known of workers; the last of each array is a worker not met yet.

    detectors: how well they see
    blur: (n_workers + 1,) the mean error of their edges, as a share of the box's size
    naming: (n_workers + 1,) how often the label of a box is right
    """

    detectors: Detectors
    blur: Floats
    naming: Floats


@dataclass(frozen=True, slots=True)
class BoxConsensus:
    """The boxes of each task.

    value: n_tasks tuples of found boxes, by place; None where nobody answered
    confidence: (n_tasks,), the probability that these are the objects, no more and no less: the
        product over all that was drawn; 0 where nobody answered
    """

    value: tuple[tuple[FoundBox, ...] | None, ...]
    confidence: Floats


def arrays(boxes: Iterable[AnyBox]) -> tuple[Floats, Codes]:
    """Places and sizes, (n_boxes, 4), and labels, (n_boxes,)."""
    rows = list(boxes)
    placed = np.array([box[:4] for box in rows], dtype=np.float64).reshape(-1, 4)
    return placed, np.array([box.label for box in rows], dtype=np.int64)

"""Boxes on pictures: which objects are there, where exactly, and what they are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from quality.core.regions.detection import Detection, Detectors, Sightings
from quality.core.regions.detection import infer as believed
from quality.core.regions.matching import objects
from quality.core.skill import Accuracy
from quality.core.votes import Codes, Floats, check_pairs

# How often a label is taken to be right when labels are voted on.
LABEL_ACCURACY = 0.9
# The mean error of an edge, as a share of the box's size, before anything is learned; and the
# least one that anybody is credited with.
PRESUMED_BLUR = 0.05
LEAST_BLUR = 0.005
# Edges and errors in turn: they settle at once.
BLUR_ROUNDS = 5
# The middle of the weight that edges are averaged over: what lies outside is cut off.
CUT = 0.25


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
    """What is known of workers; the last of `blur` is a worker not met yet.

    detectors: how well they see
    blur: (n_workers + 1,) the mean error of their edges, as a share of the box's size
    """

    detectors: Detectors
    blur: Floats


@dataclass(frozen=True, slots=True)
class BoxConsensus:
    """The boxes of each task.

    value: n_tasks tuples of found boxes, by place; None where nobody answered
    confidence: (n_tasks,), the probability that these are the objects, no more and no less: the
        product over all that was drawn; 0 where nobody answered
    """

    value: tuple[tuple[FoundBox, ...] | None, ...]
    confidence: Floats


class BoxVote:
    """Boxes matched into objects; objects detected, edges averaged, labels voted.

    An edge is the mean of the middle half of the workers' edges, precise workers' weighing more.

    Parameters
    ----------
    max_rounds, strength : see Detection.

    Attributes, once fitted
    -----------------------
    consensus_ : BoxConsensus.
    model_ : BoxSkills; `infer` with it gives consensus_ again.
    workers_ : Accuracy, how often a worker's drawing or not drawing an object is right.
    """

    consensus_: BoxConsensus
    model_: BoxSkills
    workers_: Accuracy

    def __init__(self, *, max_rounds: int = 30, strength: float = 8.0) -> None:
        self.detection = Detection(max_rounds=max_rounds, strength=strength)

    def fit(self, votes: BoxVotes) -> Self:
        """Learn from the votes."""
        scene = _Scene(votes)
        fitted = self.detection.fit(scene.sightings)
        blur = np.full(votes.n_workers + 1, PRESUMED_BLUR)
        for _ in range(BLUR_ROUNDS):
            blur = scene.blur(fitted.posterior_, blur, self.detection.strength)
        self.workers_ = fitted.workers_
        self.model_ = BoxSkills(fitted.model_, blur)
        self.consensus_ = scene.consensus(fitted.posterior_, self.model_)
        return self


def infer(votes: BoxVotes, model: BoxSkills) -> BoxConsensus:
    """The boxes under learned skills; worker codes index the model's.

    Raises ValueError if the model is for another number of workers.
    """
    if model.blur.shape != (votes.n_workers + 1,):
        raise ValueError("the model must have one blur per worker, and one for newcomers")
    scene = _Scene(votes)
    return scene.consensus(believed(scene.sightings, model.detectors), model)


def same_boxes(one: Iterable[AnyBox], other: Iterable[AnyBox]) -> bool:
    """True if both hold the same objects under the same labels, however near their edges."""
    both = [_arrays(one), _arrays(other)]
    return all(
        len(members) == 2 and len({int(both[side][1][i]) for side, i in members}) == 1
        for members in objects(both)
    )


class _Scene:
    """The objects that somebody drew, in order of task, and their boxes.

    task: (n_objects,)
    object, worker, edges, label: of each box; edges are left, top, right and bottom, (n_boxes, 4)
    """

    def __init__(self, votes: BoxVotes) -> None:
        self.votes = votes
        rows_of: dict[int, list[int]] = defaultdict(list)
        for row, task in enumerate(votes.task.tolist()):
            rows_of[task].append(row)
        task_of: list[int] = []
        entries: list[tuple[int, int, Box]] = []
        seen: list[tuple[int, int, bool]] = []
        for task, rows in sorted(rows_of.items()):
            workers = [int(votes.worker[row]) for row in rows]
            for members in objects([_arrays(votes.boxes[row]) for row in rows]):
                drawers = {workers[i] for i, _ in members}
                seen += [(len(task_of), worker, worker in drawers) for worker in workers]
                entries += [(len(task_of), workers[i], votes.boxes[rows[i]][j]) for i, j in members]
                task_of.append(task)
        self.task = np.array(task_of, dtype=np.int64)
        self.object = np.array([of for of, _, _ in entries], dtype=np.int64)
        self.worker = np.array([worker for _, worker, _ in entries], dtype=np.int64)
        self.label = np.array([box.label for _, _, box in entries], dtype=np.int64)
        boxes = np.array([box[:4] for _, _, box in entries]).reshape(-1, 4)
        self.edges = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
        # On each side, boxes by object and edge.
        self.order = [np.lexsort((edge, self.object)) for edge in self.edges.T]
        thing, worker, drawn = np.array(seen, dtype=np.int64).reshape(-1, 3).T
        self.sightings = Sightings(
            thing, worker, drawn.astype(np.bool_), len(task_of), votes.n_workers
        )

    def middle(self, blur: Floats) -> Floats:
        """The edges of each object, (n_objects, 4)."""
        weight = 1 / blur[self.worker]
        total = np.bincount(self.object, weight, minlength=self.task.size)
        share = weight / total[self.object]
        found = np.empty((self.task.size, 4))
        for side, order in enumerate(self.order):
            edge = self.edges[:, side]
            # How much of the object's weight lies below each edge, in whole numbers per object.
            below = share[order].cumsum() - self.object[order]
            low = np.maximum(below - share[order], CUT)
            kept = np.clip(np.minimum(below, 1 - CUT) - low, 0.0, None)
            found[:, side] = np.bincount(
                self.object[order], kept * edge[order], minlength=self.task.size
            ) / np.bincount(self.object[order], kept, minlength=self.task.size)
        return found

    def blur(self, posterior: Floats, blur: Floats, strength: float) -> Floats:
        """How far workers' edges lie from the middle, drawn towards the pooled error."""
        middle = self.middle(blur)
        size = (middle[:, 2:] - middle[:, :2]).mean(axis=1)
        error = abs(self.edges - middle[self.object]).mean(axis=1)
        # A box that is off by its own size is as wrong as can be.
        error /= np.maximum(np.maximum(error, size[self.object]), np.finfo(float).tiny)
        # A box alone is its own middle and says nothing.
        is_told = np.bincount(self.object, minlength=self.task.size) > 1
        weight = (posterior * is_told)[self.object]
        n = np.bincount(self.worker, weight, minlength=blur.size)
        summed = np.bincount(self.worker, weight * error, minlength=blur.size)
        pooled = (summed.sum() + strength * PRESUMED_BLUR) / (n.sum() + strength)
        return np.maximum((summed + strength * pooled) / (n + strength), LEAST_BLUR)

    def consensus(self, posterior: Floats, model: BoxSkills) -> BoxConsensus:
        """The objects that are more likely there than not."""
        n_tasks = self.votes.n_tasks
        asked = np.bincount(self.votes.task, minlength=n_tasks)
        hit = model.detectors.hit[self.votes.worker]
        missed = np.bincount(self.votes.task, np.log(1 - hit), minlength=n_tasks)
        found: list[list[FoundBox]] = [[] for _ in range(n_tasks)]
        sure = np.where(asked > 0, -np.expm1(missed), 0.0)
        middle, (label, share) = self.middle(model.blur).tolist(), self._labels()
        is_there = posterior.round(9) >= 0.5
        for i, (left, top, right, bottom) in enumerate(middle):
            task, p = int(self.task[i]), float(posterior[i])
            if is_there[i]:
                p *= float(share[i])
                found[task].append(FoundBox(left, top, right - left, bottom - top, label[i], p))
            sure[task] *= p if is_there[i] else 1 - p
        value = [
            tuple(sorted(boxes)) if n else None
            for boxes, n in zip(found, asked.tolist(), strict=True)
        ]
        return BoxConsensus(tuple(value), sure)

    def _labels(self) -> tuple[list[int], Floats]:
        """The label most boxes of each object have, and how likely it is right."""
        n_labels = self.votes.n_labels
        counts = np.zeros((self.task.size, n_labels))
        np.add.at(counts, (self.object, self.label), 1.0)
        if n_labels == 1:
            return [0] * self.task.size, np.ones(self.task.size)
        score = counts * np.log(LABEL_ACCURACY * (n_labels - 1) / (1 - LABEL_ACCURACY))
        weight = np.exp(score - score.max(axis=1, keepdims=True, initial=0.0))
        return score.argmax(axis=1).tolist(), weight.max(axis=1) / weight.sum(axis=1)


def _arrays(boxes: Iterable[AnyBox]) -> tuple[Floats, Codes]:
    rows = list(boxes)
    placed = np.array([box[:4] for box in rows], dtype=np.float64).reshape(-1, 4)
    return placed, np.array([box.label for box in rows], dtype=np.int64)

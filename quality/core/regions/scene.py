"""The objects that workers drew, each with its boxes: where its edges are and what it is."""

from collections import defaultdict

import numpy as np

from quality.core.regions.detection import Sightings
from quality.core.regions.drawn import Box, BoxConsensus, BoxSkills, BoxVotes, FoundBox, arrays
from quality.core.regions.matching import objects
from quality.core.votes import Codes, Floats

# How often a label is taken to be right before anything is learned, and the most that anybody is
# credited with.
LABEL_ACCURACY = 0.9
SUREST_LABEL = 0.99
# The mean error of an edge, as a share of the box's size, before anything is learned; and the
# least one that anybody is credited with.
PRESUMED_BLUR = 0.05
LEAST_BLUR = 0.005
# The middle of the weight that edges are averaged over: what lies outside is cut off.
CUT = 0.25


class Scene:
    """The objects that somebody drew, in order of task, and their boxes.

    task: (n_objects,)
    object, worker, edges, name: of each box; edges are left, top, right and bottom, (n_boxes, 4)
    names: (n_names,) rising, object * n_labels + label for every label that an object was given
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
            for members in objects([arrays(votes.boxes[row]) for row in rows]):
                drawers = {workers[i] for i, _ in members}
                seen += [(len(task_of), worker, worker in drawers) for worker in workers]
                entries += [(len(task_of), workers[i], votes.boxes[rows[i]][j]) for i, j in members]
                task_of.append(task)
        self.task = np.array(task_of, dtype=np.int64)
        self.object = np.array([of for of, _, _ in entries], dtype=np.int64)
        self.worker = np.array([worker for _, worker, _ in entries], dtype=np.int64)
        label = np.array([box.label for _, _, box in entries], dtype=np.int64)
        # The labels that objects were given, and which of them each box gave.
        self.names, self.name = np.unique(self.object * votes.n_labels + label, return_inverse=True)
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
        label, share = self._labels(model.naming)
        middle = self.middle(model.blur).tolist()
        is_there = posterior.round(9) >= 0.5
        for i, (left, top, right, bottom) in enumerate(middle):
            task, p = int(self.task[i]), float(posterior[i])
            if is_there[i]:
                p *= float(share[i])
                found[task].append(FoundBox(left, top, right - left, bottom - top, label[i], p))
            sure[task] *= p if is_there[i] else 1 - p
        value = [
            tuple(sorted(boxes, key=_place)) if n else None
            for boxes, n in zip(found, asked.tolist(), strict=True)
        ]
        return BoxConsensus(tuple(value), sure)

    def naming(self, posterior: Floats, naming: Floats, strength: float) -> Floats:
        """How often workers' labels are right, drawn towards the pooled share."""
        chance = self._named(naming)[2]
        # A box alone has the label it has and says nothing.
        is_told = np.bincount(self.object, minlength=self.task.size) > 1
        weight = (posterior * is_told)[self.object]
        n = np.bincount(self.worker, weight, minlength=naming.size)
        right = np.bincount(self.worker, weight * chance[self.name], minlength=naming.size)
        pooled = (right.sum() + strength * LABEL_ACCURACY) / (n.sum() + strength)
        learned = (right + strength * pooled) / (n + strength)
        return np.clip(learned, 1 / self.votes.n_labels, max(SUREST_LABEL, 1 / self.votes.n_labels))

    def _labels(self, naming: Floats) -> tuple[list[int], Floats]:
        """The likeliest label of each object, the first of equals, and how likely it is right."""
        thing, label, chance = self._named(naming)
        order = np.lexsort((label, -chance.round(9), thing))
        _, first = np.unique(thing[order], return_index=True)
        best = order[first]
        return label[best].tolist(), chance[best]

    def _named(self, naming: Floats) -> tuple[Codes, Codes, Floats]:
        """Object, label and its probability, for every label that an object was given."""
        n_labels = self.votes.n_labels
        thing, label = np.divmod(self.names, n_labels)
        if n_labels == 1:
            return thing, label, np.ones(thing.size)
        trust = naming[self.worker]
        odds = np.log(trust * (n_labels - 1) / (1 - trust))
        score = np.bincount(self.name, odds, minlength=thing.size)
        # No label's score is below 0, that of labels nobody gave.
        peak = np.zeros(self.task.size)
        np.maximum.at(peak, thing, score)
        weight = np.exp(score - peak[thing])
        n_given = np.bincount(thing, minlength=self.task.size)
        total = np.bincount(thing, weight, minlength=self.task.size)
        total = total + (n_labels - n_given) * np.exp(-peak)
        return thing, label, weight / total[thing]


def _place(box: FoundBox) -> tuple[float, ...]:
    """Where a box stands among others: what sums in another order would differ by is no more."""
    return tuple(round(float(number), 9) for number in box)

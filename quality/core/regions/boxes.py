"""Boxes on pictures: which objects are there, where exactly, and what they are."""

from collections.abc import Iterable
from typing import Self

import numpy as np

from quality.core.regions.detection import Detection
from quality.core.regions.detection import infer as believed
from quality.core.regions.drawn import AnyBox, BoxConsensus, BoxSkills, BoxVotes, arrays
from quality.core.regions.matching import objects
from quality.core.regions.scene import LABEL_ACCURACY, PRESUMED_BLUR, Scene
from quality.core.skill import Accuracy

# Edges and errors in turn, and labels and their accuracies: they settle at once.
BLUR_ROUNDS = 5
LABEL_ROUNDS = 5


class BoxVote:
    """Boxes matched into objects; objects detected, edges averaged, labels voted.

    An edge is the mean of the middle half of the workers' edges, precise workers' weighing more.
    A label weighs as its worker's agree with the consensus where others drew the object too,
    drawn to what is common; wrong labels are taken to be spread evenly, and no worker to be worse
    than chance.

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
        scene = Scene(votes)
        fitted = self.detection.fit(scene.sightings)
        blur = np.full(votes.n_workers + 1, PRESUMED_BLUR)
        for _ in range(BLUR_ROUNDS):
            blur = scene.blur(fitted.posterior_, blur, self.detection.strength)
        naming = np.full(votes.n_workers + 1, LABEL_ACCURACY)
        for _ in range(LABEL_ROUNDS):
            naming = scene.naming(fitted.posterior_, naming, self.detection.strength)
        self.workers_ = fitted.workers_
        self.model_ = BoxSkills(fitted.model_, blur, naming)
        self.consensus_ = scene.consensus(fitted.posterior_, self.model_)
        return self


def infer(votes: BoxVotes, model: BoxSkills) -> BoxConsensus:
    """The boxes under learned skills; worker codes index the model's.

    Raises ValueError if the model is for another number of workers.
    """
    if not model.blur.shape == model.naming.shape == (votes.n_workers + 1,):
        raise ValueError(
            "the model must have one blur per worker, one naming, and both of newcomers"
        )
    scene = Scene(votes)
    return scene.consensus(believed(scene.sightings, model.detectors), model)


def same_boxes(one: Iterable[AnyBox], other: Iterable[AnyBox]) -> bool:
    """True if both hold the same objects under the same labels, however near their edges."""
    both = [arrays(one), arrays(other)]
    return all(
        len(members) == 2 and len({int(both[side][1][i]) for side, i in members}) == 1
        for members in objects(both)
    )

"""Boxes: matched into objects, and every object voted on, placed and named."""

from typing import Any

import numpy as np

from quality.core.regions import (
    Box,
    BoxSkills,
    BoxVote,
    BoxVotes,
    FoundBox,
    infer_boxes,
    same_boxes,
)
from quality.core.votes import Floats
from quality.judges.spans import detectors, stored
from quality.judges.verdict import (
    FieldVotes,
    Learned,
    Opinion,
    Stepwise,
    Verdict,
    rounded,
    shares,
)
from tasks_app.forms import Field

# How finely edges are told: a hundredth of a pixel, and of an image of 10,000 pixels.
DECIMALS = {"pixel": 2, "fraction": 6}


class Boxes(Stepwise):
    """The boxes that are more likely there than not, each with its confidence.

    The confidence of the whole is the product over all objects that anybody drew. An answer
    equals it if it has the same objects under the same labels, however near their edges.
    """

    name = "box_vote"
    version = "1"

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: the share of real boxes, a newcomer's skills; worker: the own skills."""
        model = BoxVote().fit(_votes(votes)).model_
        rates = stored(model.detectors)
        return Learned(
            np.append(rates.population, [model.blur[-1], model.naming[-1]]),
            list(np.column_stack([rates.table, model.blur[:-1], model.naming[:-1]])),
        )

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Sees and draws as well as the population does."""
        return population[1:]

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """The boxes of each task; an answer is nearer or farther, not right or wrong."""
        coded = _votes(votes)
        blur, naming = np.vstack([learned.table[:, 2:], learned.population[3:]]).T
        consensus = infer_boxes(coded, BoxSkills(detectors(learned), blur, naming))
        equal = np.array(
            [
                same_boxes(boxes, consensus.value[task] or ())
                for boxes, task in zip(coded.boxes, votes.task.tolist(), strict=True)
            ],
            dtype=np.bool_,
        )
        share = shares(votes, equal)
        verdicts = [
            Verdict(
                value=[_told(box, votes.field) for box in found or ()],
                confidence=rounded(consensus.confidence[task]),
                stop_posterior=rounded(consensus.confidence[task]),
                share=share[task],
            )
            for task, found in enumerate(consensus.value)
        ]
        return Opinion(verdicts, None)


def _told(box: FoundBox, field: Field) -> dict[str, Any]:
    decimals = DECIMALS[field.get("unit", "pixel")]
    x, width = _side(box.x, box.width, decimals)
    y, height = _side(box.y, box.height, decimals)
    return {
        "x": x,
        "y": y,
        "width": width,
        "height": height,
        "label": field["labels"][box.label],
        "confidence": rounded(box.confidence),
    }


def _side(low: float, size: float, decimals: int) -> tuple[float, float]:
    """Start and size from rounded edges: no box reaches farther than those it was made of.

    But a box so thin that both edges round to one gets the least size there is, inwards.
    """
    start, end = round(low, decimals), round(low + size, decimals)
    least = float(10.0**-decimals)
    if end - start < least / 2:
        start = max(round(end - least, decimals), 0.0)
        end = start + least
    return start, round(end - start, decimals)


def _votes(votes: FieldVotes) -> BoxVotes:
    labels = votes.field["labels"]
    code = {label: i for i, label in enumerate(labels)}
    boxes = tuple(
        tuple(
            Box(box["x"], box["y"], box["width"], box["height"], code[box["label"]])
            for box in given
        )
        for given in votes.values
    )
    return BoxVotes(votes.task, votes.worker, boxes, votes.n_tasks, votes.n_workers, len(labels))

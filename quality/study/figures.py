"""A worker's figures: agreement with the others, speed, drift, and each label by itself."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.core import accuracies, beta_interval, pooled_accuracies
from quality.core.fraud import BUDGETS, Copying, Drift, Information, Speed
from quality.core.intervals import ENDS
from quality.core.votes import Codes, Floats
from quality.models import Reliability
from quality.skills import STEP
from quality.study.material import Material, Studied
from quality.study.scores import Scores
from tasks_app.models import Project

Told = dict[str, Any]

DECIMALS = 4
# A series has so many points at most.
MOST_POINTS = 20
MOST_PAIRS = 5
# So many labels of a field are told, the most frequent first.
MOST_LABELS = 20
# The worst label is one that was met so often, in the mean.
MET_ENOUGH = 3.0


def of_workers(material: Material, scores: Scores) -> list[Told]:
    """The figures of each worker of the material, in the order of their codes."""
    n_workers = material.worker_ids.size
    told: list[Told] = [{} for _ in range(n_workers)]
    agreement = pooled_accuracies(
        np.repeat(np.arange(n_workers), [own.size for own in scores.agreements]),
        np.concatenate(scores.agreements),
        n_workers,
        prior_accuracy=0.5,
        prior_votes=2.0,
    )
    values, intervals = agreement.value, agreement.interval
    fields = [(studied.key, _labels(studied)) for studied in material.fields]
    pairs = scores.discovered(BUDGETS.copying)
    for code in range(n_workers):
        n = int(agreement.n[code])
        told[code] = {
            "agreement": _share(values[code], intervals[code], n) if n else None,
            "speed": scores.speeds[code],
            "scores": {
                "low_information": _information(scores.information, code),
                "drift": _drift(scores.drift, code),
                "copying": _copying(material, scores, code, pairs),
                "too_fast": _speed(scores.speed, code),
            },
            "series": _series(scores.drift.series(code).right, MOST_POINTS),
            "fields": {key: labels[code] for key, labels in fields if code in labels},
        }
    return told


def reliabilities(project: Project) -> dict[int, Told]:
    """By worker, the accuracy that the last fit found."""
    found = Reliability.objects.filter(project=project)
    return {
        row.worker_id: _share(
            row.alpha / (row.alpha + row.beta),
            np.array(beta_interval(row.alpha, row.beta)),
            row.n_answers,
        )
        for row in found
    }


def mirrored(
    told: Told, accuracy: Told | None, recent: list[float], scores: Scores | None, code: int
) -> Told:
    """What the worker reads of these figures: nothing that tells of one answer by itself."""
    right = scores.agreements[code] if scores else np.zeros(0)
    return {
        "accuracy": accuracy,
        "agreement": told["agreement"],
        "speed": told["speed"],
        "series": _series(right, max(1, right.size // STEP)),
        "fields": {
            key: {
                "accuracy": field["accuracy"],
                "worst_label": field["worst_label"],
                "labels": [
                    {name: one[name] for name in ("label", "accuracy", "interval")}
                    for one in field["labels"]
                ],
            }
            for key, field in told["fields"].items()
        },
        "recent": recent,
    }


def _share(value: float, interval: Floats, n: int) -> Told:
    return {"value": _number(value), "interval": [_number(end) for end in interval], "n": n}


def _number(value: float) -> float | None:
    """Rounded; None for what is not known."""
    return round(float(value), DECIMALS) if np.isfinite(value) else None


def _information(found: Information, code: int) -> Told:
    return {
        "score": _number(found.score[code]),
        "p_value": float(found.p_value[code]),
        "gain": _number(found.gain[code]),
        "interval": [_number(end) for end in found.gain_interval[code]],
        "n": int(found.n[code]),
    }


def _drift(found: Drift, code: int) -> Told:
    at, n = int(found.change_at[code]), int(found.n[code])
    return {
        "score": _number(found.score[code]),
        "p_value": float(found.p_value[code]),
        "change_at": at if 0 < at < n else None,
        "before": _share(found.accuracy_before[code], found.interval_before[code], at),
        "after": _share(found.accuracy_after[code], found.interval_after[code], n - at),
    }


def _copying(material: Material, scores: Scores, code: int, discovered: NDArray[np.bool_]) -> Told:
    own = scores.pairs_of(code)
    return {
        "score": _number(scores.copying.score[code]),
        "flagged": bool(discovered[own].any()),
        "n_tested": scores.copying.n_tested,
        "pairs": pairs_told(material, scores, code, own, discovered),
    }


def pairs_told(
    material: Material, scores: Scores, code: int, pairs: Codes, discovered: NDArray[np.bool_]
) -> list[Told]:
    """The first of a worker's pairs, with their partners."""
    return [
        _pair(scores.copying, material, code, pair) | {"discovered": bool(discovered[pair])}
        for pair in pairs[:MOST_PAIRS].tolist()
    ]


def _pair(found: Copying, material: Material, code: int, pair: int) -> Told:
    """A pair as one of its workers' partners; `first` is the share in which this one came first."""
    is_a = int(found.worker_a[pair]) == code
    partner = int(found.worker_b[pair] if is_a else found.worker_a[pair])
    first = float(found.first[pair])
    return {
        "partner_id": int(material.worker_ids[partner]),
        "n_shared": int(found.n_shared[pair]),
        "n_equal": int(found.n_equal[pair]),
        "n_expected": _number(found.n_expected[pair]),
        "n_common_errors": int(found.n_common_errors[pair]),
        "log_ratio": _number(found.log_ratio[pair]),
        "p_value": float(found.p_value[pair]),
        "first": _number(first if is_a else 1.0 - first),
    }


def _speed(found: Speed, code: int) -> Told:
    return {
        "score": _number(found.score[code]),
        "p_value": float(found.p_value[code]),
        "flagged": bool(found.is_flagged[code]),
        "share_fast": _number(found.share_fast[code]),
        "n": int(found.n[code]),
    }


def _series(right: Floats, n_points: int) -> list[Told]:
    """The share of right answers in so many equal runs of them at most, first to last."""
    n_points = min(n_points, MOST_POINTS, right.size)
    runs = np.array_split(right, n_points) if n_points else []
    return [{"n": int(run.size), "accuracy": _number(run.mean())} for run in runs]


def _labels(studied: Studied) -> dict[int, Told]:
    """By worker: how often each label, where it is true, is given; the truth as all see it."""
    votes, posterior = studied.question.votes, studied.question.posterior
    n_labels = votes.n_labels
    told = posterior[votes.task]
    met = np.zeros((votes.n_workers, n_labels))
    right = np.zeros((votes.n_workers, n_labels))
    for label in range(n_labels):
        met[:, label] = np.bincount(votes.worker, told[:, label], minlength=votes.n_workers)
        own = votes.label == label
        right[:, label] = np.bincount(
            votes.worker[own], told[own, label], minlength=votes.n_workers
        )
    alpha, beta = 1.0 + right, 1.0 + np.maximum(met - right, 0.0)
    low, high = (special.betaincinv(alpha, beta, end) for end in ENDS)
    value = alpha / (alpha + beta)
    overall = accuracies(votes, posterior, prior_accuracy=0.5, prior_votes=2.0)
    values, intervals = overall.value, overall.interval
    found: dict[int, Told] = {}
    for code in np.unique(votes.worker).tolist():
        order = np.argsort(-met[code], kind="stable")[:MOST_LABELS]
        seen = [int(label) for label in order if met[code, label] >= 0.5]
        enough = [label for label in seen if met[code, label] >= MET_ENOUGH]
        worst = min(enough, key=lambda label: value[code, label], default=None)
        found[code] = {
            "accuracy": _share(values[code], intervals[code], int(overall.n[code])),
            "worst_label": None if worst is None else studied.labels[worst],
            "labels": [
                {
                    "label": studied.labels[label],
                    "n": _number(met[code, label]),
                    "accuracy": _number(value[code, label]),
                    "interval": [_number(low[code, label]), _number(high[code, label])],
                }
                for label in seen
            ],
        }
    return found

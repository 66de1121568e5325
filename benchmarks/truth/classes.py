"""Categorical sets: our aggregators and crowd-kit's on the same votes."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import ours, scores, sets
from benchmarks.peers.client import Failed, Peers
from benchmarks.scores import Floats
from benchmarks.sets import AnswerSet, Classes
from quality.core.votes import Votes

PEERS = (
    "MajorityVote",
    "Wawa",
    "ZeroBasedSkill",
    "OneCoinDawidSkene",
    "DawidSkene",
    "GLAD",
    "MACE",
    "MMSR",
    "KOS",
)
BINARY_ONLY = {"KOS"}


@dataclass(frozen=True)
class Figures:
    """Of one aggregator on one set; a peer that gives labels only has no log-loss and no ECE."""

    accuracy: float
    macro_f1: float
    logloss: float | None
    ece: float | None
    seconds: float


Outcomes = dict[str, Figures | Failed]


def ours_on(of: AnswerSet) -> Iterator[tuple[str, Figures | Failed]]:
    """Each of our aggregators, fitted in this process."""
    coded = sets.classes(of)
    votes = Votes(of.task, of.worker, coded.label, of.n_tasks, of.n_workers, coded.n_labels)
    for name, make in ours.CATEGORICAL.items():
        began = time.process_time()
        try:
            posterior = make().fit(votes).posterior_
            yield name, _figures(posterior, of, coded, time.process_time() - began)
        except Exception as fault:  # One that fails must not hide the others.
            yield name, Failed(f"{type(fault).__name__}: {fault}")


def peers_on(of: AnswerSet, peers: Peers) -> Iterator[tuple[str, Figures | Failed]]:
    """Each of the peers that are made for this number of classes."""
    coded = sets.classes(of)
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "votes.npz", Path(folder) / "out.npy"
        np.savez(
            data,
            task=of.task,
            worker=of.worker,
            label=coded.label,
            n_tasks=of.n_tasks,
            n_labels=coded.n_labels,
        )
        for name in PEERS:
            if name in BINARY_ONLY and coded.n_labels != 2:
                continue
            try:
                seconds = peers.run(name, data, out)
                yield name, _figures(np.load(out), of, coded, seconds)
            except Failed as why:
                yield name, why


def _figures(outcome: Floats, of: AnswerSet, coded: Classes, seconds: float) -> Figures:
    """Scores on the tasks whose truth is known."""
    tasks = of.gold_tasks
    found, gold = outcome[tasks], coded.gold[tasks]
    if not np.isfinite(found).all():
        raise Failed("no finite outcome for every task")
    if found.ndim == 1:
        chosen = np.eye(coded.n_labels)[found.astype(np.int64)]
        return Figures(
            scores.accuracy(chosen, gold), scores.macro_f1(chosen, gold), None, None, seconds
        )
    return Figures(
        scores.accuracy(found, gold),
        scores.macro_f1(found, gold),
        scores.log_loss(found, gold),
        scores.calibration_error(found, gold),
        seconds,
    )

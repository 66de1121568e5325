"""Made-up bad workers among the real ones of a set.

They are a fifth as many as the real ones. Each does what a real worker of ten answers or more did:
the same tasks in the same order. Copiers come in groups of five around a source who does not
answer: it has the tasks of a real worker, and each copier does about 80 % of them and says
something else, at random, in 5 % of those. Who is right says what is true (where that is not
known, what the default makes of the real answers), and who is wrong one of the other classes, all
equally likely.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.sets import UNKNOWN, AnswerSet, Classes
from quality.core.categorical import Default
from quality.core.votes import Votes

Codes = NDArray[np.int64]

SEED = 20261128
KINDS = ("random", "constant", "prior", "sleeper", "collude_bad", "collude_ok")
SHARE = 0.2
LEAST_ANSWERS = 10
GROUP = 5
COPIED, NOISE = 0.8, 0.05
SOURCE = {"collude_bad": 0.45, "collude_ok": 0.75}
AWAKE, SKILL_AWAKE = 0.4, 0.85


@dataclass(frozen=True)
class Crowd:
    """Real answers and then the made-up ones, (n_answers,); bad workers are numbered after real.

    when: the answer's place in the file; of a made-up one that of the answer it stands beside
    """

    votes: Votes
    when: Codes
    n_real: int


def mixed(of: AnswerSet, coded: Classes, kind: str, seed: int) -> Crowd:
    """The set with bad workers of one kind."""
    rng = np.random.default_rng((SEED, seed, KINDS.index(kind)))
    truth = presumed_truth(of, coded)
    n_bad = max(round(SHARE * of.n_workers), 1)
    active = np.flatnonzero(np.bincount(of.worker, minlength=of.n_workers) >= LEAST_ANSWERS)
    parts = []
    if kind in SOURCE:
        for _ in range(max(round(n_bad / GROUP), 1)):
            parts += _group(rng, of, truth, coded.n_labels, rng.choice(active), SOURCE[kind])
    else:
        for model in rng.choice(active, n_bad):
            rows = np.flatnonzero(of.worker == model)
            parts.append((rows, _said(rng, kind, truth[of.task[rows]], coded)))
    return _joined(of, coded, parts)


def presumed_truth(of: AnswerSet, coded: Classes) -> Codes:
    """What is true of each task, or is taken for it, (n_tasks,)."""
    votes = Votes(of.task, of.worker, coded.label, of.n_tasks, of.n_workers, coded.n_labels)
    if (coded.gold != UNKNOWN).all():
        return coded.gold
    return np.where(coded.gold == UNKNOWN, Default().fit(votes).posterior_.argmax(1), coded.gold)


def _said(rng: np.random.Generator, kind: str, truth: Codes, coded: Classes) -> Codes:
    n, n_labels = truth.size, coded.n_labels
    if kind == "random":
        return rng.integers(n_labels, size=n)
    if kind == "constant":
        return np.full(n, rng.integers(n_labels))
    shares = np.bincount(coded.label, minlength=n_labels) / coded.label.size
    guessed = rng.choice(n_labels, size=n, p=shares)
    if kind == "prior":
        return guessed
    is_awake = np.arange(n) < round(AWAKE * n)
    return np.where(is_awake, _skilled(rng, truth, n_labels, SKILL_AWAKE), guessed)


def _skilled(rng: np.random.Generator, truth: Codes, n_labels: int, accuracy: float) -> Codes:
    is_right = rng.random(truth.size) < accuracy
    return np.where(is_right, truth, _another(rng, truth, n_labels))


def _another(rng: np.random.Generator, label: Codes, n_labels: int) -> Codes:
    return (label + rng.integers(1, n_labels, size=label.size)) % n_labels


def _group(
    rng: np.random.Generator,
    of: AnswerSet,
    truth: Codes,
    n_labels: int,
    model: int,
    accuracy: float,
) -> list[tuple[Codes, Codes]]:
    rows = np.flatnonzero(of.worker == model)
    source = _skilled(rng, truth[of.task[rows]], n_labels, accuracy)
    parts = []
    for _ in range(GROUP):
        done = rng.random(rows.size) < COPIED
        is_noise = rng.random(rows.size) < NOISE
        said = np.where(is_noise, _another(rng, source, n_labels), source)
        parts.append((rows[done], said[done]))
    return parts


def _joined(of: AnswerSet, coded: Classes, parts: list[tuple[Codes, Codes]]) -> Crowd:
    rows = np.concatenate([np.arange(of.task.size), *(rows for rows, _ in parts)])
    label = np.concatenate([coded.label, *(said for _, said in parts)])
    bad = np.repeat(np.arange(len(parts)), [said.size for _, said in parts])
    worker = np.concatenate([of.worker, of.n_workers + bad])
    task, n_workers = of.task[rows], of.n_workers + len(parts)
    order = np.lexsort((worker, task))
    votes = Votes(task[order], worker[order], label[order], of.n_tasks, n_workers, coded.n_labels)
    return Crowd(votes, rows[order], of.n_workers)

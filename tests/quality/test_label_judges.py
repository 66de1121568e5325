"""What the judges of choices, ordinals and multichoices keep of a fit."""

import numpy as np
import pytest

from quality.judges import JUDGES, FieldVotes, Learned

GRADES = ["bad", "poor", "fair", "good", "best"]


def graded(kind, *, n_tasks=300, n_workers=20, redundancy=5, seed=0):
    """Answers of workers who see the true grade moved by their bias and blurred."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(5, size=n_tasks)
    bias, blur = rng.normal(0, 0.5, n_workers), rng.uniform(0.3, 1.0, n_workers)
    task = np.repeat(np.arange(n_tasks), redundancy)
    chosen = np.argsort(rng.random((n_tasks, n_workers)), axis=1)[:, :redundancy]
    worker = np.sort(chosen, axis=1).ravel()
    seen = truth[task] + bias[worker] + blur[worker] * rng.normal(size=task.size)
    said = np.clip(np.rint(seen), 0, 4).astype(np.int64)
    values = [[GRADES[code]] for code in said] if kind == "multichoice" else said
    field = {"key": "f", "type": kind, "labels": GRADES}
    votes = FieldVotes(field, task, worker, values, n_tasks, n_workers, [None] * n_tasks)
    return votes, truth


@pytest.mark.parametrize("kind", ["choice", "ordinal", "multichoice"])
def test_what_a_fit_learned_judges_its_votes_as_the_fit_did(kind):
    votes, _ = graded(kind)
    judge = JUDGES[kind]
    fitted = judge.fit(votes, target=0.9, least=3)

    again = judge.judge(votes, fitted.learned)

    moved = np.array(
        [
            abs(after.confidence - before.confidence)
            for after, before in zip(again.verdicts, fitted.opinion.verdicts, strict=True)
        ]
    )
    assert np.quantile(moved, 0.95) < 0.002
    assert fitted.threshold.tau >= 0.9


@pytest.mark.parametrize("kind", ["choice", "ordinal", "multichoice"])
def test_a_newcomer_is_judged_beside_those_the_fit_met(kind):
    votes, _ = graded(kind)
    judge = JUDGES[kind]
    learned = judge.fit(votes, target=0.9, least=3).learned
    newcomer = judge.newcomer(votes, learned.population)

    opinion = judge.judge(votes, Learned(learned.population, [newcomer, *learned.workers[1:]]))

    assert len(opinion.verdicts) == votes.n_tasks
    assert all(0 <= verdict.confidence <= 1 for verdict in opinion.verdicts)


def test_an_ordinal_that_lies_on_a_scale_is_judged_better_than_as_a_choice():
    votes, truth = graded("ordinal")
    code = {label: place for place, label in enumerate(GRADES)}

    def off(kind):
        verdicts = JUDGES[kind].fit(votes, target=0.9, least=3).opinion.verdicts
        return np.mean([abs(code[v.value] - true) for v, true in zip(verdicts, truth, strict=True)])

    assert off("ordinal") < off("choice")

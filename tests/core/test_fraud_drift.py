"""Workers who fall asleep are told from those who always were poor."""

import numpy as np
import pytest

from quality.core.fraud import Budgets, drift
from tests.core.fraud_crowds import (
    N_LABELS,
    N_TASKS,
    N_WORKERS,
    an_honest_crowd,
    asked,
    busy,
    with_worker,
)

SLEEPER = 7
AWAKE = 100


@pytest.fixture
def sleepy():
    """One worker answers every task, in order, and after a hundred of them at random."""
    votes, truth = an_honest_crowd(0)
    said = truth.copy()
    said[AWAKE:] = np.random.default_rng(5).integers(N_LABELS, size=N_TASKS - AWAKE)
    return with_worker(busy(votes, SLEEPER), said, SLEEPER)


def test_who_falls_asleep_is_flagged_with_the_time_of_the_change(sleepy):
    found = drift([asked(sleepy)])

    assert np.flatnonzero(found.is_flagged).tolist() == [SLEEPER]
    assert found.score.argmax() == SLEEPER
    assert abs(found.change_at[SLEEPER] - AWAKE) <= 10
    assert found.interval_before[SLEEPER, 0] > found.interval_after[SLEEPER, 1]
    assert found.gain_before[SLEEPER] > 0.5 > found.gain_after[SLEEPER]


def test_the_order_of_the_answers_decides(sleepy):
    backwards = drift([asked(sleepy, when=-sleepy.task.astype(float))])

    assert not backwards.is_flagged[SLEEPER]


def test_who_was_asleep_from_the_start_did_not_change():
    votes, _ = an_honest_crowd(0)
    said = np.random.default_rng(5).integers(N_LABELS, size=N_TASKS)
    asleep = with_worker(busy(votes, SLEEPER), said, SLEEPER)

    assert not drift([asked(asleep)]).is_flagged[SLEEPER]


def test_the_series_are_the_answers_of_the_worker_in_their_order(sleepy):
    found = drift([asked(sleepy)])

    series = found.series(SLEEPER)
    before = series.gain[: found.change_at[SLEEPER]]
    assert series.gain.size == found.n[SLEEPER] == N_TASKS
    np.testing.assert_allclose(series.cumulative, np.cumsum(series.gain))
    assert before.mean() == pytest.approx(found.gain_before[SLEEPER])
    assert series.right[:AWAKE].mean() > 0.7 > 0.5 > series.right[AWAKE:].mean()
    # Nothing was gained any more after the change, whichever way it went before.
    assert series.cumulative.argmax() >= AWAKE - 10


def test_a_worker_there_is_not_has_no_series(sleepy):
    found = drift([asked(sleepy)])

    with pytest.raises(ValueError, match=f"worker must lie in 0..{N_WORKERS - 1}"):
        found.series(N_WORKERS)


def test_workers_who_stay_as_they_are_seldom_reach_the_budget():
    budgets = Budgets(drift=0.1)
    flagged = [drift([asked(an_honest_crowd(seed)[0])], budgets).is_flagged for seed in range(20)]

    # Of 800 workers 80 are allowed; an e-value keeps well below.
    assert np.sum(flagged) <= 80


def test_seven_looks_at_a_growing_crowd_stay_within_the_budget():
    ever = np.zeros(N_WORKERS, dtype=bool)
    for n_tasks in range(60, N_TASKS + 1, 30):
        votes, _ = an_honest_crowd(3)
        seen = votes.task < n_tasks
        part = type(votes)(
            votes.task[seen], votes.worker[seen], votes.label[seen], n_tasks, N_WORKERS, N_LABELS
        )
        ever |= drift([asked(part)], Budgets(drift=0.1)).is_flagged

    assert ever.sum() <= 0.1 * N_WORKERS


def test_one_answer_cannot_change():
    votes, _ = an_honest_crowd(0, n_tasks=5, n_workers=40, redundancy=8)

    found = drift([asked(votes)])

    assert np.all(found.score[found.n < 2] == -np.inf)
    assert np.all(found.p_value[found.n < 2] == 1)

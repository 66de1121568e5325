import numpy as np
import pytest
from hypothesis import given

from quality.core import accuracies, pooled_accuracies
from quality.core.categorical import Default
from tests.core.factories import a_crowd, any_votes, codes


def test_known_truths_count_in_full():
    skill = pooled_accuracies(codes([0] * 10), np.array([1.0] * 8 + [0.0] * 2), 1)

    assert skill.n_effective[0] == pytest.approx(10)
    assert skill.alpha[0] == pytest.approx(2 * 0.7 + 8)
    assert skill.beta[0] == pytest.approx(2 * 0.3 + 2)
    assert skill.value[0] == pytest.approx(9.4 / 12)


def test_doubtful_answers_count_for_less():
    doubtful = pooled_accuracies(codes([0] * 10), np.full(10, 0.8), 1)
    mixed = pooled_accuracies(codes([0] * 10), np.array([0.99] * 8 + [0.04] * 2), 1)

    assert doubtful.n_effective[0] < 1
    assert 9 < mixed.n_effective[0] < 10


def test_a_worker_without_answers_is_judged_by_the_prior():
    skill = pooled_accuracies(codes([]), np.zeros(0), 1, prior_accuracy=0.8, prior_votes=4)

    assert skill.n[0] == 0
    assert skill.value[0] == pytest.approx(0.8)
    assert skill.below(0.5)[0] < 0.5


@given(any_votes())
def test_every_figure_is_in_its_bounds(votes):
    skill = accuracies(votes, Default().fit(votes).posterior_)

    low, high = skill.interval.T
    assert np.all((skill.n_effective > 0) & (skill.n_effective <= np.maximum(skill.n, 1e-9)))
    assert np.all((low < skill.value) & (skill.value < high))
    assert np.all((skill.below(0.7) >= 0) & (skill.below(0.7) <= 1))


def test_several_fields_pool_into_one_accuracy():
    kind, kind_truth = a_crowd(accuracy=[0.9] * 4, n_labels=2, redundancy=3)
    size, size_truth = a_crowd(accuracy=[0.6] * 4, n_labels=3, redundancy=3, seed=1)
    right = np.concatenate(
        [kind.label == kind_truth[kind.task], size.label == size_truth[size.task]]
    )

    pooled = pooled_accuracies(np.concatenate([kind.worker, size.worker]), right.astype(float), 4)

    apart = [
        accuracies(kind, np.eye(2)[kind_truth]).value,
        accuracies(size, np.eye(3)[size_truth]).value,
    ]
    assert np.all((min(map(min, apart)) < pooled.value) & (pooled.value < max(map(max, apart))))
    np.testing.assert_array_equal(pooled.n, np.bincount(kind.worker) + np.bincount(size.worker))


def test_clickers_are_found_and_honest_workers_left_alone():
    honest = np.linspace(0.72, 0.95, 40)
    false_flags, found = 0, 0
    for seed in range(5):
        votes, _ = a_crowd(accuracy=[*honest, *[0.5] * 4], n_tasks=900, redundancy=5, seed=seed)
        flagged = accuracies(votes, Default().fit(votes).posterior_).below(0.7) >= 0.95
        false_flags += flagged[:40].sum()
        found += flagged[40:].sum()

    assert false_flags <= 5
    assert found >= 18


def test_the_interval_holds_the_accuracy_as_often_as_it_says():
    truth = np.linspace(0.55, 0.95, 40)
    inside = []
    for seed in range(5):
        votes, _ = a_crowd(accuracy=truth, n_tasks=600, redundancy=5, seed=seed)
        low, high = accuracies(votes, Default().fit(votes).posterior_).interval.T
        inside.append((low <= truth) & (truth <= high))

    assert np.mean(inside) > 0.92


def test_broken_arguments_are_refused():
    votes, truth = a_crowd(accuracy=[0.9] * 5)

    with pytest.raises(ValueError, match="posterior"):
        accuracies(votes, np.eye(3)[truth])
    with pytest.raises(ValueError, match="one entry per answer"):
        pooled_accuracies(codes([0, 0]), np.ones(1), 1)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        pooled_accuracies(codes([0]), np.array([np.nan]), 1)

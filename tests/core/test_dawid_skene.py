import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core import Confusions, DawidSkene, Majority, infer
from tests.core.factories import a_crowd, any_votes, codes, votes_of


@given(votes=any_votes(), known=st.booleans())
def test_the_objective_never_falls(votes, known):
    gold = np.where(np.arange(votes.n_tasks) % 3 == 0, 0, -1) if known else None

    model = DawidSkene(max_rounds=30, tol=0).fit(votes, gold=gold)

    assert model.objective_.size == 15
    assert np.all(np.diff(model.objective_) >= -1e-9)


def test_the_objective_rises_while_there_is_something_to_learn():
    votes, _ = a_crowd(accuracy=[0.9, 0.9, 0.6, 0.6, 0.5], n_labels=3, redundancy=3)

    model = DawidSkene(max_rounds=6, tol=0).fit(votes)

    assert np.all(np.diff(model.objective_) > 0)


@given(votes=any_votes())
def test_inference_gives_the_fitted_posterior_again(votes):
    model = DawidSkene().fit(votes)

    np.testing.assert_allclose(infer(votes, model.model_), model.posterior_, atol=1e-12)


def test_inference_gives_the_fitted_posterior_again_where_gold_is_not_known():
    votes, truth = a_crowd(accuracy=[0.8] * 6)
    gold = np.where(np.arange(truth.size) < 20, truth, -1)

    model = DawidSkene().fit(votes, gold=gold)

    np.testing.assert_allclose(infer(votes, model.model_)[20:], model.posterior_[20:], atol=1e-12)


def test_an_unknown_worker_is_judged_by_the_pooled_rows():
    votes, _ = a_crowd(accuracy=[0.8] * 6)
    learned = DawidSkene().fit(votes).model_
    newcomer = Confusions(learned.prior, learned.pooled, learned.pooled[None])

    posterior = infer(votes_of([[1]], n_labels=2), newcomer)

    expected = learned.prior * learned.pooled[:, 1]
    np.testing.assert_allclose(posterior[0], expected / expected.sum())


def test_a_model_of_other_workers_is_refused():
    votes, _ = a_crowd(accuracy=[0.8] * 6)
    learned = DawidSkene().fit(votes).model_

    with pytest.raises(ValueError, match="one confusion per worker"):
        infer(votes_of([[1]], n_labels=2), learned)


@given(votes=any_votes())
def test_what_is_learned_are_distributions(votes):
    model = DawidSkene().fit(votes).model_

    np.testing.assert_allclose(model.prior.sum(), 1.0)
    np.testing.assert_allclose(model.pooled.sum(axis=1), 1.0)
    np.testing.assert_allclose(model.confusion.sum(axis=2), 1.0)
    assert model.confusion.shape == (votes.n_workers, votes.n_labels, votes.n_labels)


def test_an_empty_project_starts_with_the_presumed_accuracy():
    votes = votes_of(np.full((2, 1), -1), n_labels=3)

    model = DawidSkene().fit(votes).model_

    np.testing.assert_allclose(np.diag(model.pooled), 0.7)
    np.testing.assert_allclose(model.confusion[0], model.pooled)


def test_a_warm_start_ends_where_a_cold_one_does():
    votes, _ = a_crowd(accuracy=[0.9, 0.85, 0.8, 0.7, 0.7, 0.6], n_labels=3)
    exact = {"tol": 1e-10, "max_rounds": 2000}
    cold = DawidSkene(**exact).fit(votes)

    warm = DawidSkene(**exact).fit(votes, start=Majority().fit(votes).posterior_)
    again = DawidSkene(**exact).fit(votes, start=cold.posterior_)

    np.testing.assert_allclose(warm.posterior_, cold.posterior_, atol=1e-6)
    np.testing.assert_allclose(again.posterior_, cold.posterior_, atol=1e-6)
    assert again.rounds_ < cold.rounds_


@pytest.mark.parametrize("start", [np.ones((1, 2)) / 2, np.ones((2, 2)), [[-1.0, 2.0]] * 2])
def test_a_broken_start_is_refused(start):
    with pytest.raises(ValueError, match="start"):
        DawidSkene().fit(votes_of([[0], [1]], n_labels=2), start=np.asarray(start))


def test_the_start_is_left_alone():
    votes, _ = a_crowd(accuracy=[0.8] * 5)
    start = Majority().fit(votes).posterior_
    start.flags.writeable = False

    DawidSkene().fit(votes, start=start, gold=np.zeros(votes.n_tasks, dtype=np.int64))


def test_rounds_run_out_before_the_fit_has_settled():
    votes, _ = a_crowd(accuracy=[0.6] * 5)

    model = DawidSkene(max_rounds=2).fit(votes)

    assert (model.rounds_, model.converged_) == (2, False)
    assert DawidSkene().fit(votes).converged_


@pytest.mark.parametrize("broken", [{"max_rounds": 0}, {"strength": 0}])
def test_broken_settings_are_refused(broken):
    with pytest.raises(ValueError, match="must be positive"):
        DawidSkene(**broken)


def test_weighing_workers_beats_counting_votes():
    votes, truth = a_crowd(accuracy=[0.95, 0.9, 0.55, 0.5, 0.5], n_tasks=600)

    weighed = (DawidSkene().fit(votes).posterior_.argmax(axis=1) == truth).mean()
    counted = (Majority().fit(votes).posterior_.argmax(axis=1) == truth).mean()

    assert weighed > counted + 0.1


def test_the_confusions_of_a_biased_worker_are_found():
    votes, truth = a_crowd(accuracy=[0.85] * 7, n_tasks=800)
    said = np.where((votes.worker == 0) & (truth[votes.task] == 1), 0, votes.label)
    biased = type(votes)(votes.task, votes.worker, said, 800, 7, 2)

    confusion = DawidSkene().fit(biased).model_.confusion[0]

    assert confusion[0, 0] > 0.75
    assert confusion[1, 0] > 0.85


def test_one_worker_who_always_says_the_same_does_not_flip_a_majority():
    table = [[0, 0, 1]] + [[-1, -1, 1]] * 20 + [[1, 1, 1], [0, 0, 1]]

    posterior = DawidSkene().fit(votes_of(table, n_labels=2)).posterior_

    assert posterior[0].argmax() == 0


def test_labels_are_not_swapped_in_a_crowd_of_poor_workers():
    votes, truth = a_crowd(accuracy=[0.56] * 12, n_labels=2, redundancy=7, n_tasks=300)

    assert (DawidSkene().fit(votes).posterior_.argmax(axis=1) == truth).mean() > 0.5


def test_what_is_claimed_with_three_answers_is_what_holds():
    votes, truth = a_crowd(accuracy=np.linspace(0.55, 0.95, 30), n_tasks=1500, redundancy=3, seed=3)

    posterior = DawidSkene().fit(votes).posterior_

    sure = posterior.max(axis=1) >= 0.95
    right = posterior.argmax(axis=1) == truth
    assert sure.sum() > 200
    assert right[sure].mean() > posterior.max(axis=1)[sure].mean() - 0.03


def test_gold_teaches_who_is_reliable():
    table = np.array([[0, 1]] * 20 + [[1, 0]] * 20 + [[1, 0]])
    gold = codes([0] * 20 + [1] * 20 + [-1])

    posterior = DawidSkene().fit(votes_of(table, n_labels=2), gold=gold).posterior_

    assert posterior[-1, 1] > 0.95

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quality.core.multichoice import MultiChoice, SetVotes, infer, set_model_of
from tests.core.factories import a_crowd, any_order, any_votes, codes

# Every label is a fit of its own.
slow = settings(deadline=None, max_examples=25)


@st.composite
def any_set_votes(draw):
    votes = draw(any_votes())
    chosen = draw(hnp.arrays(bool, (votes.task.size, draw(st.integers(0, 3)))))
    return SetVotes(votes.task, votes.worker, chosen, votes.n_tasks, votes.n_workers)


def a_crowd_on_sets(truth, *, redundancy=3, n_workers=20, seed=0):
    """Sets of workers who miss and add labels at rates of their own."""
    rng = np.random.default_rng(seed)
    everybody = np.tile(np.arange(n_workers), (truth.shape[0], 1))
    worker = rng.permuted(everybody, axis=1)[:, :redundancy].ravel()
    task = np.repeat(np.arange(truth.shape[0]), redundancy)
    hit, slip = rng.uniform(0.6, 0.9, n_workers), rng.uniform(0.05, 0.25, n_workers)
    chance = np.where(truth[task], hit[worker, None], slip[worker, None])
    chosen = rng.random(chance.shape) < chance
    return SetVotes(task, worker, chosen, truth.shape[0], n_workers)


def sets_by_topic(n_tasks=600, seed=0):
    """Twelve labels in three topics: those of the task's own topic are common, others rare."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(3, size=n_tasks)
    own = topic[:, None] == np.arange(12)[None, :] // 4
    return rng.random((n_tasks, 12)) < np.where(own, 0.7, 0.05)


def log_loss(posterior, truth):
    right = np.where(truth, posterior, 1 - posterior)
    return -np.log(np.clip(right, 1e-6, 1)).mean()


@slow
@given(any_set_votes())
def test_every_entry_is_a_probability(votes):
    fitted = MultiChoice().fit(votes)

    for posterior in (fitted.posterior_, fitted.stop_posterior_):
        assert posterior.shape == (votes.n_tasks, votes.n_labels)
        assert np.all((posterior >= 0) & (posterior <= 1))


@slow
@given(any_set_votes(), st.data())
def test_the_order_of_labels_and_votes_does_not_matter(votes, data):
    order = data.draw(any_order(votes.task.size))
    labels = data.draw(any_order(votes.n_labels))
    other = SetVotes(
        votes.task[order],
        votes.worker[order],
        votes.chosen[order][:, labels],
        votes.n_tasks,
        votes.n_workers,
    )

    np.testing.assert_allclose(
        MultiChoice().fit(votes).posterior_[:, labels],
        MultiChoice().fit(other).posterior_,
        atol=1e-7,
    )


@slow
@given(any_set_votes(), st.data())
def test_gold_is_certain(votes, data):
    known = st.integers(-1, 1)
    gold = data.draw(hnp.arrays(np.int64, (votes.n_tasks, votes.n_labels), elements=known))

    posterior = MultiChoice().fit(votes, gold=gold).posterior_

    np.testing.assert_array_equal(posterior[gold >= 0], gold[gold >= 0])


def test_gold_says_nothing_of_other_labels():
    votes = SetVotes(codes([0, 1]), codes([0, 0]), np.ones((2, 2), dtype=bool), 2, 1)

    posterior = MultiChoice().fit(votes, gold=codes([[0, -1], [-1, -1]])).posterior_

    assert posterior[0, 0] == 0
    assert posterior[1, 0] > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_inference_gives_the_fitted_posterior_again(seed):
    truth = sets_by_topic(n_tasks=200, seed=seed)
    votes = a_crowd_on_sets(truth, seed=seed)
    gold = np.where(np.arange(200)[:, None] < 20, truth, -1)
    fitted = MultiChoice().fit(votes, gold=gold)

    inference = infer(votes, set_model_of(fitted), gold=gold)

    np.testing.assert_allclose(inference.posterior, fitted.posterior_, atol=1e-4)
    np.testing.assert_allclose(inference.stop_posterior, fitted.stop_posterior_, atol=1e-4)


def test_new_tasks_are_judged_by_what_was_learned():
    truth = sets_by_topic()
    votes = a_crowd_on_sets(truth)
    model = set_model_of(MultiChoice().fit(votes))
    few = np.flatnonzero(votes.task < 50)
    fresh = SetVotes(votes.task[few], votes.worker[few], votes.chosen[few], 50, votes.n_workers)

    posterior = infer(fresh, model).posterior

    assert ((posterior >= 0.5) == truth[:50]).mean() > 0.93


def test_labels_that_go_together_help_each_other():
    truth = sets_by_topic()
    votes = a_crowd_on_sets(truth)

    fitted = MultiChoice().fit(votes)

    alone = np.stack([member.posterior_[:, 1] for member in fitted.members_], axis=1)
    weights = fitted.association_.weights
    assert fitted.association_.trust == 1.0
    assert weights[0, 1:4].min() > weights[0, 4:].max()
    assert log_loss(fitted.posterior_, truth) < 0.95 * log_loss(alone, truth)


@pytest.mark.parametrize("seed", range(4))
def test_labels_that_do_not_go_together_are_left_alone(seed):
    truth = np.random.default_rng(seed).random((300, 6)) < 0.3

    fitted = MultiChoice().fit(a_crowd_on_sets(truth, seed=seed))

    alone = np.stack([member.posterior_[:, 1] for member in fitted.members_], axis=1)
    assert fitted.association_.trust == 0.0
    np.testing.assert_array_equal(fitted.posterior_, alone)


def test_the_sets_of_a_good_crowd_are_found():
    first, truth = a_crowd(accuracy=[0.85] * 8, seed=1)
    rng = np.random.default_rng(2)
    rare = rng.random(truth.size) < 0.1
    hit = rng.random(first.task.size) < 0.85
    second = np.where(hit, rare[first.task], ~rare[first.task])
    chosen = np.stack([first.label == 1, second], axis=1)

    posterior = MultiChoice().fit(SetVotes(first.task, first.worker, chosen, 200, 8)).posterior_

    assert ((posterior[:, 0] >= 0.5) == (truth == 1)).mean() > 0.95
    assert ((posterior[:, 1] >= 0.5) == rare).mean() > 0.95


def test_labels_that_nobody_chose_are_out():
    chosen = np.zeros((60, 3), dtype=bool)
    chosen[:, 0] = True
    task, worker = np.divmod(np.arange(60), 3)

    posterior = MultiChoice().fit(SetVotes(task, worker, chosen, 20, 3)).posterior_

    assert np.all(posterior[:, 0] > 0.9)
    assert np.all(posterior[:, 1:] < 0.1)


def test_the_arguments_are_left_alone():
    votes = a_crowd_on_sets(sets_by_topic(n_tasks=50))
    gold = np.full((50, 12), -1)
    for array in (votes.task, votes.worker, votes.chosen, gold):
        array.flags.writeable = False

    MultiChoice().fit(votes, gold=gold)


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        (np.ones((2, 2), dtype=bool), "one row per vote"),
        (np.ones(1, dtype=bool), "one row per vote"),
        (np.ones((1, 2)), "true or false"),
    ],
)
def test_broken_sets_are_refused(chosen, complaint):
    with pytest.raises(ValueError, match=complaint):
        SetVotes(codes([0]), codes([0]), chosen, 1, 1)


def test_a_second_set_on_the_same_task_is_refused():
    with pytest.raises(ValueError, match="more than once"):
        SetVotes(codes([0, 0]), codes([0, 0]), np.ones((2, 1), dtype=bool), 1, 1)


def test_broken_gold_and_models_are_refused():
    votes = SetVotes(codes([0]), codes([0]), np.ones((1, 2), dtype=bool), 1, 1)
    narrow = SetVotes(codes([0]), codes([0]), np.ones((1, 1), dtype=bool), 1, 1)

    with pytest.raises(ValueError, match="gold must"):
        MultiChoice().fit(votes, gold=codes([0]))
    with pytest.raises(ValueError, match="one part per label"):
        infer(votes, set_model_of(MultiChoice().fit(narrow)))

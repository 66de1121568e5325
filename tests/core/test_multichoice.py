import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quality.core import MultiChoice, SetVotes, infer_sets
from tests.core.factories import a_crowd, any_order, any_votes, codes


@st.composite
def any_set_votes(draw):
    votes = draw(any_votes())
    chosen = draw(hnp.arrays(bool, (votes.task.size, draw(st.integers(0, 3)))))
    return SetVotes(votes.task, votes.worker, chosen, votes.n_tasks, votes.n_workers)


@given(any_set_votes())
def test_every_entry_is_a_probability(votes):
    posterior = MultiChoice().fit(votes).posterior_

    assert posterior.shape == (votes.n_tasks, votes.n_labels)
    assert np.all((posterior >= 0) & (posterior <= 1))


@given(any_set_votes())
def test_inference_gives_the_fitted_posterior_again(votes):
    model = MultiChoice().fit(votes)

    np.testing.assert_allclose(infer_sets(votes, model.model_), model.posterior_, atol=1e-12)


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
        atol=1e-9,
    )


def test_gold_is_certain():
    votes = SetVotes(codes([0, 1]), codes([0, 0]), np.ones((2, 2), dtype=bool), 2, 1)

    posterior = MultiChoice().fit(votes, gold=codes([[0, -1], [-1, -1]])).posterior_

    assert posterior[0, 0] == 0
    assert posterior[1, 0] > 0


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

    with pytest.raises(ValueError, match="gold"):
        MultiChoice().fit(votes, gold=codes([0]))
    with pytest.raises(ValueError, match="one part per label"):
        infer_sets(votes, ())

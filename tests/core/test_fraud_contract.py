"""What every score over questions keeps."""

from dataclasses import fields, replace

import numpy as np
import pytest

from quality.core.fraud import Budgets, Question, copying, drift, low_information
from quality.core.votes import Votes
from tests.core.factories import codes, renamed, reordered, votes_of
from tests.core.fraud_crowds import an_honest_crowd, asked

EVERY = pytest.mark.parametrize("score", [low_information, drift, copying])


def columns(result):
    """Everything but what holds further arrays."""
    named = {field.name: getattr(result, field.name) for field in fields(result)}
    return {name: value for name, value in named.items() if name != "answers"}


@EVERY
def test_the_order_in_which_votes_are_given_does_not_matter(score):
    votes, _ = an_honest_crowd(0)
    order = np.random.default_rng(0).permutation(votes.task.size)
    question = asked(votes)

    mixed = score([replace(question, votes=reordered(votes, order))])

    for name, value in columns(score([question])).items():
        np.testing.assert_array_equal(getattr(mixed, name), value, err_msg=name)


@EVERY
def test_the_numbers_of_workers_do_not_matter(score):
    votes, _ = an_honest_crowd(0)
    name = np.random.default_rng(0).permutation(votes.n_workers)
    question = asked(votes)
    called = renamed(votes, worker=name)

    other = score([Question(called, question.posterior, called.task.astype(float))])

    np.testing.assert_allclose(other.score[name], score([question]).score, rtol=1e-6, atol=1e-9)


@EVERY
def test_weights_do_not_count(score):
    votes, _ = an_honest_crowd(0)
    question = asked(votes)
    heavy = replace(votes, weight=np.linspace(0.1, 2, votes.task.size))

    np.testing.assert_array_equal(
        score([replace(question, votes=heavy)]).score, score([question]).score
    )


TINY = {
    "nobody": votes_of(np.zeros((0, 0)), n_labels=2),
    "no votes": Votes(codes([]), codes([]), codes([]), 3, 4, 2),
    "one vote": votes_of([[0]], n_labels=3),
    "one label": votes_of([[0, 0, 0], [0, 0, 0]], n_labels=1),
    "two who differ": votes_of([[0, 1]], n_labels=3, n_workers=5),
    "five alike": votes_of([[1, 1]] * 5, n_labels=2),
}


@EVERY
@pytest.mark.parametrize("votes", TINY.values(), ids=TINY.keys())
def test_hardly_any_votes_accuse_nobody(score, votes):
    result = score([asked(votes)])

    assert result.score.shape == result.is_flagged.shape == (votes.n_workers,)
    assert not result.is_flagged.any()
    assert not np.isnan(result.score).any()


def test_a_question_is_refused_unless_its_arrays_fit():
    votes, _ = an_honest_crowd(0)
    posterior, when = asked(votes).posterior, np.zeros(votes.task.size)

    for bad, says in (
        ((votes, posterior[1:], when), "posterior must be"),
        ((votes, 2 * posterior, when), "each row of posterior must sum to 1"),
        ((votes, np.full_like(posterior, np.nan), when), "posterior must be finite"),
        ((votes, posterior, when[1:]), "when must have one entry per vote"),
        ((votes, posterior, when + np.inf), "when must be finite"),
    ):
        with pytest.raises(ValueError, match=says):
            Question(*bad)


@EVERY
def test_questions_of_other_workers_are_refused(score):
    question = asked(an_honest_crowd(0)[0])
    other = asked(an_honest_crowd(0, n_workers=30)[0])

    with pytest.raises(ValueError, match="same number of workers"):
        score([question, other])
    with pytest.raises(ValueError, match="at least one question"):
        score([])


@pytest.mark.parametrize("name", ["low_information", "drift", "copying"])
def test_a_budget_is_a_share(name):
    with pytest.raises(ValueError, match=f"budget of {name} must lie between 0 and 1"):
        Budgets(**{name: 1.0})

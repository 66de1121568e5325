import numpy as np
import pytest

from quality.core.categorical import Mace, Majority
from quality.core.votes import Votes
from tests.core.factories import a_crowd, votes_of

KNOWING = np.array([0.9, 0.8, 0.7, 0.6, 0.3, 0.2, 0.1, 0.0])
N_TASKS, N_LABELS = 1500, 4


@pytest.fixture(scope="module")
def crowd():
    """Workers who know so often, and else say mostly the label of their number."""
    rng = np.random.default_rng(3)
    truth = rng.integers(N_LABELS, size=N_TASKS)
    habit = np.full((KNOWING.size, N_LABELS), 0.1)
    habit[np.arange(KNOWING.size), np.arange(KNOWING.size) % N_LABELS] = 0.7
    spam = np.stack([rng.choice(N_LABELS, N_TASKS, p=own) for own in habit], axis=1)
    knows = rng.random((N_TASKS, KNOWING.size)) < KNOWING
    return votes_of(np.where(knows, truth[:, None], spam), N_LABELS), truth


def test_who_knows_is_told_from_who_spams(crowd):
    votes, _ = crowd

    np.testing.assert_allclose(Mace().fit(votes).trust_, KNOWING, atol=0.06)


def test_spam_is_not_counted(crowd):
    votes, truth = crowd

    trusted = (Mace().fit(votes).posterior_.argmax(axis=1) == truth).mean()
    counted = (Majority().fit(votes).posterior_.argmax(axis=1) == truth).mean()

    assert trusted > counted + 0.03


def test_who_never_voted_is_trusted_as_presumed():
    votes = votes_of([[0, 0, -1], [1, 1, -1]], n_labels=2)

    assert Mace(known=3.0, spammed=1.0).fit(votes).trust_[2] == 0.75


def test_trust_is_the_maximum_for_a_given_truth():
    votes, truth = a_crowd(accuracy=[0.8, 0.6, 0.4], n_labels=3, redundancy=3)
    fitted = Mace().fit(votes, gold=truth, prior=np.ones(3))

    for worker, knows in enumerate(fitted.trust_):
        assert _objective(votes, truth, worker, knows) >= max(
            _objective(votes, truth, worker, knows - 1e-3),
            _objective(votes, truth, worker, knows + 1e-3),
        )


@pytest.mark.parametrize("broken", [{"known": 0.0}, {"spammed": 0.0}, {"max_rounds": 0}])
def test_broken_settings_are_refused(broken):
    with pytest.raises(ValueError, match="must be positive"):
        Mace(**broken)


def _objective(votes: Votes, truth, worker, knows):
    """By brute force over how the worker spams, on a grid."""
    mine = votes.worker == worker
    said = votes.label[mine]
    right = said == truth[votes.task[mine]]
    grid = np.stack(np.meshgrid(*[np.linspace(0.002, 0.998, 499)] * 2), axis=-1).reshape(-1, 2)
    grid = grid[grid.sum(axis=1) < 1]
    spam = (1 - knows) * np.column_stack([grid, 1 - grid.sum(axis=1)])
    told = np.log(spam).sum(axis=1) / 3 + np.log(knows)
    for label in range(3):
        told += ((said == label) & right).sum() * np.log(knows + spam[:, label])
        told += ((said == label) & ~right).sum() * np.log(spam[:, label])
    return told.max() + 1e-4

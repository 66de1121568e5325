import numpy as np
import pytest

from quality.core import Votes, encode
from tests.core.factories import codes


@pytest.mark.parametrize(
    ("task", "worker", "label", "complaint"),
    [
        ([0, 1], [0], [0, 0], "worker must have one entry per vote"),
        ([0], [0], [0, 1], "label must have one entry per vote"),
        ([2], [0], [0], r"task codes must lie in 0\.\.1"),
        ([0], [-1], [0], r"worker codes must lie in 0\.\.1"),
        ([0], [0], [3], r"label codes must lie in 0\.\.2"),
        ([0, 1, 0], [1, 1, 1], [0, 1, 2], "worker 1 voted more than once on task 0"),
    ],
)
def test_broken_votes_are_refused(task, worker, label, complaint):
    with pytest.raises(ValueError, match=complaint):
        Votes(codes(task), codes(worker), codes(label), 2, 2, 3)


def test_codes_that_are_not_integers_are_refused():
    with pytest.raises(ValueError, match="must be integers"):
        Votes(codes([0]), codes([0]), np.array([0.0]), 1, 1, 2)


def test_counts_are_votes_per_task_and_label():
    votes = Votes(codes([0, 0, 2]), codes([0, 1, 0]), codes([1, 1, 0]), 3, 2, 2)

    np.testing.assert_array_equal(votes.counts(), [[0, 2], [0, 0], [1, 0]])


def test_no_votes_are_votes_too():
    votes, tasks, workers = encode([], ["wren", "owl"])

    assert (votes.n_tasks, votes.n_workers, votes.n_labels) == (0, 0, 2)
    assert tasks == workers == []


def test_names_are_numbered_in_sorted_order():
    votes, tasks, workers = encode(
        [("t2", "Wim", "owl"), ("t1", "Wanda", "wren"), ("t1", "Wim", "owl")], ["wren", "owl"]
    )

    assert (tasks, workers) == (["t1", "t2"], ["Wanda", "Wim"])
    assert votes.task.tolist() == [1, 0, 0]
    assert votes.worker.tolist() == [1, 0, 1]
    assert votes.label.tolist() == [1, 0, 1]


def test_names_that_cannot_be_compared_keep_their_order():
    _, tasks, _ = encode([("t1", "Wim", 0), (7, "Wim", 0)], [0])

    assert tasks == ["t1", 7]


@pytest.mark.parametrize(
    ("late_row", "complaint"),
    [
        (("t1", "Wanda", "crow"), "row 1: 'crow' is not one of the labels"),
        (("t1", "Wanda", None), "row 1: the label is missing"),
        (("t1", "Wanda", float("nan")), "row 1: the label is missing"),
        ((None, "Wanda", "owl"), "row 1: the task is missing"),
        (("t1", None, "owl"), "row 1: the worker is missing"),
        (("t1", "Wim", "owl"), "row 1: 'Wim' voted more than once on 't1'"),
    ],
)
def test_a_broken_row_is_named(late_row, complaint):
    with pytest.raises(ValueError, match=complaint):
        encode([("t1", "Wim", "owl"), late_row], ["wren", "owl"])


def test_labels_must_differ():
    with pytest.raises(ValueError, match="labels must differ"):
        encode([], ["owl", "owl"])

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.votes import Votes, encode
from tests.core.factories import any_order, any_votes, codes, reordered

ROWS = [("t2", "Wim", "owl"), ("t1", "Wanda", "wren"), ("t1", "Wim", "owl")]


class Table:
    """What a DataFrame has of itself: columns by name."""

    def __init__(self, **columns):
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return self._columns[name]


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


def test_votes_need_a_label_to_choose_from():
    with pytest.raises(ValueError, match="at least one label"):
        Votes(codes([]), codes([]), codes([]), 0, 0, 0)


@pytest.mark.parametrize(
    ("weight", "complaint"),
    [
        ([1.0, 1.0], "weight must have one entry per vote"),
        ([-1.0], "weights must be finite and at least 0"),
        ([np.nan], "weights must be finite and at least 0"),
        ([np.inf], "weights must be finite and at least 0"),
    ],
)
def test_broken_weights_are_refused(weight, complaint):
    with pytest.raises(ValueError, match=complaint):
        Votes(codes([0]), codes([0]), codes([0]), 1, 1, 2, np.array(weight))


def test_counts_are_votes_per_task_and_label():
    votes = Votes(codes([0, 0, 2]), codes([0, 1, 0]), codes([1, 1, 0]), 3, 2, 2)

    np.testing.assert_array_equal(votes.counts(), [[0, 2], [0, 0], [1, 0]])


def test_counts_are_by_weight():
    weight = np.array([0.5, 2.0, 0.0])
    votes = Votes(codes([0, 0, 1]), codes([0, 1, 0]), codes([1, 1, 0]), 2, 2, 2, weight)

    np.testing.assert_array_equal(votes.counts(), [[0, 2.5], [0, 0]])


@given(votes=any_votes(), data=st.data())
def test_sorted_votes_do_not_depend_on_how_they_came(votes, data):
    other = reordered(votes, data.draw(any_order(votes.task.size)))

    for name in ("task", "worker", "label"):
        np.testing.assert_array_equal(getattr(votes, name), getattr(other, name))


@given(votes=any_votes(), n_blocks=st.integers(1, 8))
def test_blocks_are_the_votes_once_more(votes, n_blocks):
    blocks = votes.split(n_blocks)

    first = np.concatenate(([0], np.cumsum([block.n_tasks for block in blocks])))
    together = [block.task + start for block, start in zip(blocks, first, strict=False)]
    assert len(blocks) == n_blocks
    assert first[-1] == votes.n_tasks
    np.testing.assert_array_equal(np.concatenate(together), votes.task)
    np.testing.assert_array_equal(np.concatenate([b.label for b in blocks]), votes.label)
    assert {(b.n_workers, b.n_labels) for b in blocks} == {(votes.n_workers, votes.n_labels)}


def test_votes_of_very_many_tasks_and_workers_are_in_order():
    rng = np.random.default_rng(5)
    n_tasks, n_workers = 2**24, 2**21
    task, worker = rng.integers(n_tasks, size=1000), rng.integers(n_workers, size=1000)
    order = np.lexsort((worker, task))

    votes = Votes(task, worker, np.zeros_like(task), n_tasks, n_workers, 1)

    assert votes.task.tolist() == task[order].tolist()
    assert votes.worker.tolist() == worker[order].tolist()


def test_no_blocks_are_none():
    with pytest.raises(ValueError, match="n_blocks must be positive"):
        Votes(codes([]), codes([]), codes([]), 0, 0, 1).split(0)


def test_no_votes_are_votes_too():
    encoded = encode([], ["wren", "owl"])

    assert (encoded.votes.n_tasks, encoded.votes.n_workers, encoded.votes.n_labels) == (0, 0, 2)
    assert encoded.tasks == encoded.workers == []
    assert encoded.labels == ["wren", "owl"]


def test_nothing_at_all_is_votes_too():
    encoded = encode([])

    assert encoded.votes.task.size == 0
    assert encoded.labels == []


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        tuple(ROWS),
        iter(ROWS),
        (row for row in ROWS),
        dict.fromkeys(ROWS),
        [list(row) for row in ROWS],
        np.array(ROWS),
        Table(
            task=["t2", "t1", "t1"], worker=["Wim", "Wanda", "Wim"], label=["owl", "wren", "owl"]
        ),
        Table(
            note=[1, 2, 3],
            label=np.array(["owl", "wren", "owl"]),
            worker=("Wim", "Wanda", "Wim"),
            task=np.array(["t2", "t1", "t1"]),
        ),
    ],
)
def test_any_rows_or_table_of_columns_will_do(rows):
    encoded = encode(rows, ["wren", "owl"])

    assert (encoded.tasks, encoded.workers) == (["t1", "t2"], ["Wanda", "Wim"])
    assert encoded.votes.task.tolist() == [0, 0, 1]
    assert encoded.votes.worker.tolist() == [0, 1, 1]
    assert encoded.votes.label.tolist() == [0, 1, 1]


def test_labels_that_are_not_declared_are_those_given_in_sorted_order():
    encoded = encode(ROWS)

    assert encoded.labels == ["owl", "wren"]
    assert encoded.votes.label.tolist() == [1, 0, 0]


def test_declared_labels_that_nobody_gave_stay():
    encoded = encode(ROWS, ["crow", "owl", "wren"])

    assert encoded.votes.n_labels == 3
    assert encoded.votes.label.tolist() == [2, 1, 1]


def test_weights_go_with_their_votes():
    encoded = encode(ROWS, weight=iter([3, 0.5, 1]))

    assert encoded.votes.weight.tolist() == [0.5, 1.0, 3.0]


def test_names_that_cannot_be_compared_keep_their_order():
    rows = [(task, "Wim", 0) for task in (5, 3, 4, 1, "t")]

    assert encode(rows, [0]).tasks == [5, 3, 4, 1, "t"]


@pytest.mark.parametrize(
    ("late_row", "complaint"),
    [
        (("t1", "Wanda", "crow"), "row 1: 'crow' is not one of the labels"),
        (("t1", "Wanda", None), "row 1: the label is missing"),
        (("t1", "Wanda", float("nan")), "row 1: the label is missing"),
        ((None, "Wanda", "owl"), "row 1: the task is missing"),
        (("t1", None, "owl"), "row 1: the worker is missing"),
        (("t1", "Wim", "owl"), "row 1: 'Wim' voted more than once on 't1'"),
        (("t1", "Wim"), r"row 1: a \(task, worker, label\) triple is wanted"),
        (("t1", "Wim", "owl", 1), r"row 1: a \(task, worker, label\) triple is wanted"),
    ],
)
def test_a_broken_row_is_named(late_row, complaint):
    with pytest.raises(ValueError, match=complaint):
        encode([("t1", "Wim", "owl"), late_row], ["wren", "owl"])


def test_the_first_of_several_repetitions_is_named():
    rows = [("t3", "Wim", 0), ("t1", "Wim", 0), ("t3", "Wim", 0), ("t1", "Wim", 1)]

    with pytest.raises(ValueError, match="row 2: 'Wim' voted more than once on 't3'"):
        encode(rows)


def test_a_table_without_a_column_is_refused():
    with pytest.raises(ValueError, match="the table has no column 'label'"):
        encode(Table(task=["t1"], worker=["Wim"]))


def test_labels_must_differ():
    with pytest.raises(ValueError, match="labels must differ"):
        encode([], ["owl", "owl"])

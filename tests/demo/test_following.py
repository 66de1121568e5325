"""The feed is held against what was acknowledged."""

import pytest

from examples.demo.following import Ack, Arrival, n_gaps, settle_waits


def an_ack(at, task="t") -> Ack:
    return Ack(task, "s1", "wim", "yes", at)


def a_row(at, n_answers, task="t", seq=1) -> Arrival:
    return Arrival(seq, task, n_answers, at)


def test_the_kth_answer_waits_for_the_first_row_that_counts_k():
    acks = [an_ack(3.0), an_ack(1.0), an_ack(2.0)]  # as processes happen to report them
    rows = [a_row(1.5, 1), a_row(4.0, 3), a_row(9.0, 3)]

    waits, n_untold = settle_waits(acks, rows, until=10)

    assert sorted(waits) == [0.5, 1.0, 2.0]
    assert n_untold == 0


def test_tasks_do_not_count_for_each_other():
    acks = [an_ack(1.0, "t"), an_ack(1.0, "u")]
    rows = [a_row(1.5, 1, "u"), a_row(3.0, 1, "t"), a_row(1.2, 9, None)]

    assert sorted(settle_waits(acks, rows, until=10)[0]) == [0.5, 2.0]


def test_answers_acknowledged_at_once_wait_for_a_row_that_counts_both():
    acks = [an_ack(1.0), an_ack(1.0)]

    assert settle_waits(acks, [a_row(2.0, 1), a_row(4.0, 2)], until=10)[0] == [3.0, 3.0]


def test_a_row_that_comes_before_the_201_makes_no_wait():
    assert settle_waits([an_ack(5.0)], [a_row(4.0, 1)], until=10) == ([0.0], 0)


def test_an_answer_that_no_row_counts_has_waited_until_the_end():
    assert settle_waits([an_ack(1.0), an_ack(2.0)], [a_row(1.5, 1)], until=10) == ([0.5, 8.0], 1)


@pytest.mark.parametrize(
    ("seqs", "n"),
    [([], 0), ([1, 2, 3], 0), ([2, 3], 1), ([1, 2, 4, 5], 1), ([1, 3, 2], 2), ([1, 1], 1)],
)
def test_a_gap_is_every_step_that_is_not_one(seqs, n):
    assert n_gaps(seqs) == n

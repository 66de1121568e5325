"""Spans of text."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.regions import Span, SpanVote, SpanVotes, infer_spans
from tests.core.factories import any_order, any_votes, codes


def spans_of(*rows, n_tasks=None):
    """Each task's answers, by workers 0, 1, 2, ...; an answer is a list of (start, end, label)."""
    entries = [
        (task, worker, tuple(Span(*span) for span in spans))
        for task, row in enumerate(rows)
        for worker, spans in enumerate(row)
    ]
    task, worker, spans = zip(*entries, strict=True)
    n_workers = max(map(len, rows))
    return SpanVotes(codes(task), codes(worker), spans, n_tasks or len(rows), n_workers)


def found(votes):
    """The consensus as (start, end, label) triples, by task."""
    consensus = SpanVote().fit(votes).consensus_
    return [None if spans is None else [span[:3] for span in spans] for spans in consensus.value]


@st.composite
def any_spans(draw):
    ends = draw(st.lists(st.integers(0, 12), unique=True, max_size=6).map(sorted))
    labels = draw(st.lists(st.integers(0, 1), min_size=3, max_size=3))
    pairs = zip(ends[::2], ends[1::2], labels, strict=False)
    return tuple(Span(start, end, label) for start, end, label in pairs)


@st.composite
def any_span_votes(draw):
    votes = draw(any_votes())
    spans = tuple(draw(any_spans()) for _ in range(votes.task.size))
    return SpanVotes(votes.task, votes.worker, spans, votes.n_tasks, votes.n_workers)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[(2, 6, 0)]] * 3, [(2, 6, 0)]),
        ([[(2, 6, 0)], [(2, 6, 0)], [(2, 8, 0)]], [(2, 6, 0)]),
        ([[(2, 6, 0)], [(3, 6, 0)], [(3, 7, 0)]], [(3, 6, 0)]),
        ([[(2, 6, 0)], [(2, 6, 0)], []], [(2, 6, 0)]),
        ([[(2, 6, 0)], [], []], []),
        ([[], [], []], []),
        ([[(2, 6, 0), (2, 9, 1)]] * 3, [(2, 6, 0), (2, 9, 1)]),
        ([[(0, 3, 0), (3, 5, 0)], [(0, 3, 0), (3, 5, 0)], [(0, 5, 0)]], [(0, 3, 0), (3, 5, 0)]),
        ([[(0, 5, 0)], [(0, 5, 0)], [(0, 3, 0), (3, 5, 0)]], [(0, 5, 0)]),
        ([[(0, 3, 0), (4, 8, 0)]] * 3, [(0, 3, 0), (4, 8, 0)]),
        ([[(0, 4, 0)], [(0, 4, 1)], [(0, 4, 1)], [(0, 4, 1)]], [(0, 4, 1)]),
    ],
)
def test_the_spans_are_those_that_most_drew(answers, expected):
    assert found(spans_of(answers)) == [expected]


def test_boundaries_are_voted_where_code_points_alone_would_cut_between():
    # The median start is 5; yet two agreed on 3, and no other two on anything.
    answers = [[(3, 20, 0)], [(3, 20, 0)], [(5, 20, 0)], [(6, 20, 0)], [(7, 20, 0)]]

    assert found(spans_of(answers)) == [[(3, 20, 0)]]


def test_a_task_without_answers_has_no_value():
    votes = spans_of([[(0, 2, 0)]], n_tasks=2)

    fitted = SpanVote().fit(votes)

    assert fitted.consensus_.value[1] is None
    assert fitted.consensus_.confidence[1] == 0


def test_silence_is_surer_the_more_keep_it():
    one, three = SpanVote().fit(spans_of([[]], [[], [], []])).consensus_.confidence

    assert 0.7 < one < three < 1


def test_agreement_raises_confidence():
    alone, together = SpanVote().fit(spans_of([[(0, 4, 0)]], [[(0, 4, 0)]] * 3)).consensus_.value

    assert alone[0].confidence < 0.9 < together[0].confidence


def test_who_agrees_with_the_others_weighs_more():
    rows = [
        [[(i, i + 5, 0)], [(i, i + 5, 0)], [(i, i + 5, 0)], [(i + 30, i + 40, 0)]]
        for i in range(20)
    ]
    votes = spans_of(*rows, [[(1, 4, 0)], [], [], [(60, 70, 0)]])

    fitted = SpanVote().fit(votes)

    accuracy = fitted.workers_
    assert accuracy.value[:3].min() > 0.9 > 0.3 > accuracy.value[3]
    assert fitted.model_.alarm[3] > fitted.model_.alarm[0]


@given(any_span_votes())
def test_every_boundary_was_drawn_and_spans_of_a_label_never_overlap(votes):
    fitted = SpanVote().fit(votes)

    for task, spans in enumerate(fitted.consensus_.value):
        drawn = [span for i in np.flatnonzero(votes.task == task) for span in votes.spans[i]]
        for span in spans or ():
            assert span.start in {other.start for other in drawn if other.label == span.label} | {
                other.end for other in drawn if other.label == span.label
            }
            assert span.start < span.end
            assert 0 < span.confidence <= 1
        for label in (0, 1):
            own = [span for span in spans or () if span.label == label]
            assert all(one.end <= other.start for one, other in pairwise(own))
    assert np.all((fitted.consensus_.confidence >= 0) & (fitted.consensus_.confidence <= 1))


@given(any_span_votes(), st.data())
def test_names_and_order_do_not_matter(votes, data):
    order = data.draw(any_order(votes.task.size))
    renamed = data.draw(any_order(votes.n_workers))
    other = SpanVotes(
        votes.task[order],
        renamed[votes.worker[order]],
        tuple(votes.spans[i][::-1] for i in order),
        votes.n_tasks,
        votes.n_workers,
    )

    ours, theirs = SpanVote().fit(votes).consensus_, SpanVote().fit(other).consensus_

    assert [spans and [s[:3] for s in spans] for spans in ours.value] == [
        spans and [s[:3] for s in spans] for spans in theirs.value
    ]
    np.testing.assert_allclose(ours.confidence, theirs.confidence, atol=1e-9)


@given(any_span_votes())
def test_inference_gives_the_fitted_consensus_again(votes):
    fitted = SpanVote().fit(votes)

    consensus = infer_spans(votes, fitted.model_)

    assert consensus.value == fitted.consensus_.value
    np.testing.assert_array_equal(consensus.confidence, fitted.consensus_.confidence)


@pytest.mark.parametrize(
    ("spans", "complaint"),
    [
        ((), "one entry per vote"),
        (((Span(2, 2, 0),),), "row 0: a span must have 0 <= start < end"),
        (((Span(-1, 2, 0),),), "row 0: a span must have 0 <= start < end"),
        (((Span(3, 6, 0), Span(1, 4, 0)),), "row 0: spans of one label overlap"),
    ],
)
def test_broken_spans_are_refused(spans, complaint):
    with pytest.raises(ValueError, match=complaint):
        SpanVotes(codes([0]), codes([0]), spans, 1, 1)


def test_a_model_of_other_workers_is_refused():
    model = SpanVote().fit(spans_of([[(0, 1, 0)]])).model_

    with pytest.raises(ValueError, match="one rate per worker"):
        infer_spans(spans_of([[(0, 1, 0)], [(0, 1, 0)]], [[], []]), model)

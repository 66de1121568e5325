"""Boxes on pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.regions import Box, BoxVote, BoxVotes, infer_boxes, overlaps, same_boxes
from tests.core.factories import any_order, any_votes, codes

OWL = Box(10, 10, 40, 20, 0)


def boxes_of(*rows, n_tasks=None, n_labels=2):
    """Each task's answers, by workers 0, 1, 2, ...; an answer is a list of boxes."""
    entries = [
        (task, worker, tuple(Box(*box) for box in boxes))
        for task, row in enumerate(rows)
        for worker, boxes in enumerate(row)
    ]
    task, worker, boxes = zip(*entries, strict=True)
    n_workers = max(map(len, rows))
    return BoxVotes(codes(task), codes(worker), boxes, n_tasks or len(rows), n_workers, n_labels)


def moved(box, by):
    return box._replace(x=box.x + by, y=box.y + by)


def a_gallery(*, blur, hit, junk, n_tasks=150, seed=0):
    """Objects drawn by workers who miss some, draw what is not there, and tremble; the truth."""
    rng = np.random.default_rng(seed)
    truth = [
        [
            Box(*rng.uniform(0, 70, 2), *rng.uniform(10, 30, 2), int(rng.integers(2)))
            for _ in range(rng.integers(4))
        ]
        for _ in range(n_tasks)
    ]
    rows = [
        [
            [_drawn(box, b, rng) for box in objects if rng.random() < h]
            + [
                Box(*rng.uniform(0, 70, 2), *rng.uniform(10, 30, 2), 0)
                for _ in range(rng.poisson(j))
            ]
            for b, h, j in zip(blur, hit, junk, strict=True)
        ]
        for objects in truth
    ]
    return boxes_of(*rows), truth


def _drawn(box, blur, rng):
    scale = blur * (box.width + box.height) / 2
    left, top, right, bottom = np.array(
        [box.x, box.y, box.x + box.width, box.y + box.height]
    ) + rng.laplace(0, scale, 4)
    return Box(left, top, max(right - left, 1), max(bottom - top, 1), box.label)


@st.composite
def any_box_votes(draw):
    votes = draw(any_votes())
    side = st.integers(1, 6).map(float)
    box = st.builds(Box, side, side, side, side, st.integers(0, 1))
    boxes = tuple(
        tuple(draw(st.lists(box, max_size=3, unique=True))) for _ in range(votes.task.size)
    )
    return BoxVotes(votes.task, votes.worker, boxes, votes.n_tasks, votes.n_workers, 2)


def test_overlap_is_intersection_over_union():
    one = np.array([[0.0, 0.0, 2.0, 2.0]])
    other = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 2.0, 2.0], [2.0, 0.0, 2.0, 2.0]])

    np.testing.assert_allclose(overlaps(one, other), [[1, 1 / 3, 0]])


def test_boxes_of_one_object_become_one():
    votes = boxes_of([[OWL], [moved(OWL, 1)], [moved(OWL, -1)]])

    ((box,),) = BoxVote().fit(votes).consensus_.value

    assert box[:5] == pytest.approx(OWL)
    assert box.confidence > 0.95


def test_objects_side_by_side_stay_apart():
    beside = OWL._replace(x=60)
    votes = boxes_of([[OWL, beside], [beside, OWL], [OWL, beside]])

    (boxes,) = BoxVote().fit(votes).consensus_.value

    assert [box.x for box in boxes] == pytest.approx([10, 60])


def test_one_worker_never_has_two_boxes_in_an_object():
    twice = [OWL, moved(OWL, 0.5)]

    (boxes,) = BoxVote().fit(boxes_of([twice, twice, twice])).consensus_.value

    assert len(boxes) == 2


def test_a_far_edge_does_not_move_the_box():
    far = OWL._replace(width=60)

    ((box,),) = BoxVote().fit(boxes_of([[OWL], [OWL], [OWL], [OWL], [far]])).consensus_.value

    assert box.width == pytest.approx(OWL.width)


def test_what_one_of_many_drew_is_not_there():
    votes = boxes_of([[OWL], [], [], []], [[], [], [], []])

    consensus = BoxVote().fit(votes).consensus_

    assert consensus.value == ((), ())
    assert consensus.confidence[0] > 0.7


def test_the_label_is_voted_and_doubt_about_it_lowers_confidence():
    wren = OWL._replace(label=1)
    ((torn,), (clear,)) = (
        BoxVote().fit(boxes_of([[wren], [wren], [OWL]], [[wren], [wren], [wren]])).consensus_.value
    )

    assert (torn.label, clear.label) == (1, 1)
    assert torn.confidence < 0.95 < clear.confidence


def test_labels_of_workers_who_mistake_them_count_less():
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=200)

    def named(label, accuracy):
        is_right = rng.random() < accuracy
        return [OWL._replace(label=int(label if is_right else 1 - label))]

    rows = [[named(label, a) for a in (0.97, 0.97, 0.6, 0.6, 0.6)] for label in truth]

    fitted = BoxVote().fit(boxes_of(*rows))

    plain = [sum(boxes[0].label for boxes in row) > 2 for row in rows]
    ours = [boxes[0].label for boxes in fitted.consensus_.value]
    assert fitted.model_.naming[:2].min() > 0.9
    assert fitted.model_.naming[2:5].max() < 0.8
    assert np.mean(ours == truth) > np.mean(plain == truth) + 0.02


def test_labels_that_nobody_gives_cost_no_memory():
    n_labels = 10**9
    far = OWL._replace(label=n_labels - 1)

    ((box,),) = BoxVote().fit(boxes_of([[far], [far], [OWL]], n_labels=n_labels)).consensus_.value

    assert box.label == n_labels - 1


def test_a_task_without_answers_has_no_value():
    fitted = BoxVote().fit(boxes_of([[OWL]], n_tasks=2))

    assert fitted.consensus_.value[1] is None
    assert fitted.consensus_.confidence[1] == 0


def test_objects_workers_and_edges_are_found_again():
    votes, truth = a_gallery(
        blur=[0.005, 0.02, 0.04, 0.04, 0.08],
        hit=[0.95, 0.9, 0.9, 0.8, 0.5],
        junk=[0.02, 0.1, 0.1, 0.2, 1.0],
    )

    fitted = BoxVote().fit(votes)

    pairs = list(zip(fitted.consensus_.value, truth, strict=True))
    assert np.mean([len(ours) == len(true) for ours, true in pairs]) > 0.9
    assert np.mean([same_boxes(ours, true) for ours, true in pairs]) > 0.9
    blur = fitted.model_.blur[:5]
    assert blur.argsort()[[0, 1, 4]].tolist() == [0, 1, 4]
    np.testing.assert_allclose(
        fitted.model_.detectors.hit[:5], [0.95, 0.9, 0.9, 0.8, 0.5], atol=0.08
    )
    assert fitted.workers_.value.argmin() == 4
    claimed, held = fitted.consensus_.confidence.mean(), np.mean([same_boxes(*p) for p in pairs])
    assert abs(claimed - held) < 0.1


def test_precise_workers_weigh_more_in_the_edges():
    votes, truth = a_gallery(blur=[0.002, 0.06, 0.06], hit=[1, 1, 1], junk=[0, 0, 0])

    fitted = BoxVote().fit(votes)

    error = [
        abs(ours.x - true.x)
        for found, objects in zip(fitted.consensus_.value, truth, strict=True)
        for ours, true in zip(found, sorted(objects), strict=False)
    ]
    assert np.median(error) < 0.3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([], [], True),
        ([OWL], [moved(OWL, 1)], True),
        ([OWL], [], False),
        ([OWL], [OWL._replace(label=1)], False),
        ([OWL], [moved(OWL, 30)], False),
    ],
)
def test_answers_are_the_same_if_their_objects_and_labels_are(one, other, same):
    assert same_boxes(one, other) is same


@given(any_box_votes())
def test_boxes_lie_within_those_drawn_and_confidence_is_a_probability(votes):
    consensus = BoxVote().fit(votes).consensus_

    for task, boxes in enumerate(consensus.value):
        drawn = [box for i in np.flatnonzero(votes.task == task) for box in votes.boxes[i]]
        for box in boxes or ():
            assert min(b.x for b in drawn) - 1e-9 <= box.x
            assert box.y + box.height <= max(b.y + b.height for b in drawn) + 1e-9
            assert box.width > 0
            assert box.height > 0
            assert 0 < box.confidence <= 1
    assert np.all((consensus.confidence >= 0) & (consensus.confidence <= 1))


@given(any_box_votes(), st.data())
def test_names_and_order_do_not_matter(votes, data):
    order = data.draw(any_order(votes.task.size))
    renamed = data.draw(any_order(votes.n_workers))
    other = BoxVotes(
        votes.task[order],
        renamed[votes.worker[order]],
        tuple(votes.boxes[i][::-1] for i in order),
        votes.n_tasks,
        votes.n_workers,
        2,
    )

    ours, theirs = BoxVote().fit(votes).consensus_, BoxVote().fit(other).consensus_

    for mine, yours in zip(ours.value, theirs.value, strict=True):
        assert (mine is None) == (yours is None)
        assert [box.label for box in mine or ()] == [box.label for box in yours or ()]
        np.testing.assert_allclose(np.array(mine or ()), np.array(yours or ()), atol=1e-9)
    np.testing.assert_allclose(ours.confidence, theirs.confidence, atol=1e-9)


@given(any_box_votes())
def test_inference_gives_the_fitted_consensus_again(votes):
    fitted = BoxVote().fit(votes)

    consensus = infer_boxes(votes, fitted.model_)

    assert consensus.value == fitted.consensus_.value
    np.testing.assert_array_equal(consensus.confidence, fitted.consensus_.confidence)


def test_boxes_too_thin_to_have_an_area_in_floats_are_borne():
    thin = Box(0.1, 0.1, 5e-324, 5e-324, 0)

    (boxes,) = BoxVote().fit(boxes_of([[thin], [thin]], n_labels=1)).consensus_.value

    assert all(np.isfinite(box).all() for box in boxes)


@pytest.mark.parametrize(
    ("boxes", "complaint"),
    [
        ((), "one entry per vote"),
        (((Box(0, 0, 0, 1, 0),),), "row 0: a box must have an area"),
        (((Box(0, 0, 1, float("nan"), 0),),), "row 0: a box must have an area"),
        (((Box(0, 0, 1, 1, 2),),), r"row 0: labels must lie in 0\.\.1"),
    ],
)
def test_broken_boxes_are_refused(boxes, complaint):
    with pytest.raises(ValueError, match=complaint):
        BoxVotes(codes([0]), codes([0]), boxes, 1, 1, 2)


def test_a_model_of_other_workers_is_refused():
    model = BoxVote().fit(boxes_of([[OWL]])).model_

    with pytest.raises(ValueError, match="one blur per worker"):
        infer_boxes(boxes_of([[OWL], [OWL]]), model)

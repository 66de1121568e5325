import tracemalloc
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.agreement import detection_f1, mean_iou, regions
from tests.core.factories import any_order, codes

SIDES = st.integers(0, 3)
BOXES = st.tuples(SIDES, SIDES, st.integers(1, 3), st.integers(1, 3), st.sampled_from("ab"))
ANSWERS = st.lists(st.tuples(st.integers(0, 2), st.lists(BOXES, max_size=3)), max_size=8)


def iou(one, other):
    """Counted cell by cell."""
    if one[4] != other[4]:
        return 0.0
    cells = [
        {(x + i, y + j) for i in range(width) for j in range(height)}
        for x, y, width, height, _ in (one, other)
    ]
    return len(cells[0] & cells[1]) / len(cells[0] | cells[1])


def score(one, other, worth):
    if not one and not other:
        return 1.0
    few, many = sorted([one, other], key=len)
    best = max(
        sum(worth(iou(a, b)) for a, b in zip(few, chosen, strict=True))
        for chosen in permutations(many, len(few))
    )
    return 2 * best / (len(one) + len(other))


@pytest.mark.parametrize(
    ("measure", "worth"), [(mean_iou, float), (detection_f1, lambda overlap: overlap >= 0.5)]
)
@given(answers=ANSWERS)
def test_the_measure_is_its_definition(measure, worth, answers):
    agreement = measure(codes([t for t, _ in answers]), [b for _, b in answers], n_draws=0)

    units = [[b for of, b in answers if of == task] for task in {t for t, _ in answers}]
    units = [unit for unit in units if len(unit) > 1]
    if not units:
        assert agreement.undefined_because == "no task has two answers"
        return
    means = [np.mean([score(a, b, worth) for a, b in combinations(unit, 2)]) for unit in units]
    expected = np.average(means, weights=[len(unit) for unit in units])
    assert agreement.value == pytest.approx(expected)


@pytest.mark.parametrize("measure", [mean_iou, detection_f1])
@given(answers=ANSWERS, data=st.data())
def test_names_and_order_do_not_matter(measure, answers, data):
    task, boxes = codes([t for t, _ in answers]), [b for _, b in answers]
    order = data.draw(any_order(task.size))

    ours = measure(task, boxes, n_draws=0)
    theirs = measure(4 - task[order], [boxes[row][::-1] for row in order], n_draws=0)

    assert ours.value == pytest.approx(theirs.value, nan_ok=True)
    assert not ours.value > 1 + 1e-9


@pytest.mark.parametrize("measure", [mean_iou, detection_f1])
def test_tasks_of_many_boxes_are_measured_as_those_of_few(measure, monkeypatch):
    rng = np.random.default_rng(0)
    answers = [[(*rng.uniform(1, 9, 4), "ab"[i % 2]) for i in range(n)] for n in (5, 9, 0, 7)]
    few = measure(codes([0, 0, 0, 0]), answers).value

    monkeypatch.setattr(regions, "FEW", 0)

    assert measure(codes([0, 0, 0, 0]), answers).value == pytest.approx(few)


def test_a_thousand_boxes_to_an_answer_take_little_memory():
    sides = np.random.default_rng(0).uniform(1, 99, (5, 1000, 4))
    answers = [[(*box, "a") for box in boxes] for boxes in sides.tolist()]

    tracemalloc.start()
    mean_iou(codes([0] * 5), answers, n_draws=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 100e6


def test_pixels_and_fractions_agree_alike():
    pixels = [[(0, 0, 20, 20, "a")], [(10, 0, 20, 20, "a")]]
    fractions = [[tuple(v / 40 for v in box[:4]) + box[4:] for box in boxes] for boxes in pixels]

    # Half of either is shared: 200 of 600.
    assert mean_iou(codes([0, 0]), pixels).value == pytest.approx(1 / 3)
    assert mean_iou(codes([0, 0]), fractions).value == pytest.approx(1 / 3)
    assert detection_f1(codes([0, 0]), pixels).value == 0.0


def test_nothing_seen_by_both_is_agreement():
    assert mean_iou(codes([0, 0]), [[], []]).value == 1.0
    assert mean_iou(codes([0, 0]), [[], [(0, 0, 1, 1, "a")]]).value == 0.0


def test_a_box_without_area_equals_itself():
    point = (3, 3, 0, 0, "a")

    assert mean_iou(codes([0, 0]), [[point], [point]]).value == 1.0


@pytest.mark.parametrize("box", [(0, 0, -1, 1, "a"), (0, np.nan, 1, 1, "a")])
def test_broken_boxes_are_refused(box):
    with pytest.raises(ValueError, match="answer 1 has a box"):
        mean_iou(codes([0, 0]), [[], [box]])

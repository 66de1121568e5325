from itertools import groupby, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.agreement import unitizing_alpha
from tests.core.factories import any_order, codes

# Krippendorff (2019), "Content Analysis", 4th edition, figure 12.11: a continuum of 60, three
# observers; ends are exclusive here.
ALEX = [(0, 7, 1), (7, 13, 2), (30, 32, 5), (32, 37, 6), (37, 44, 6), (44, 60, 7)]
PAUL = [(0, 7, 1), (7, 13, 3), (13, 21, 5), (32, 44, 6)]
SUZAN = [(0, 7, 1), (7, 13, 4), (13, 21, 5), (32, 37, 6), (37, 41, 6), (41, 44, 6)]

LENGTH = 8


@st.composite
def any_spans(draw):
    """Spans that do not overlap."""
    cuts = sorted(draw(st.sets(st.integers(0, LENGTH), max_size=6)))
    labels = st.sampled_from(["", "a", "b"])
    said = [(start, end, draw(labels)) for start, end in pairwise(cuts)]
    return [span for span in said if span[2]]


ANSWERS = st.lists(st.tuples(st.integers(0, 2), any_spans()), max_size=7)


def test_the_published_example_comes_out():
    alpha = unitizing_alpha(codes([0, 0, 0]), [ALEX, PAUL, SUZAN], lengths=np.full(3, 60))

    assert alpha.value == pytest.approx(0.510, abs=0.0005)
    assert (alpha.measure, alpha.level, alpha.n_tasks) == ("unitizing_alpha", "spans", 1)


def alpha_point_by_point(units):
    """Coincidences of points, without those of a span with itself."""
    agreeing = own = 0.0
    of_value = {}
    for unit in units:
        painted = [[None] * LENGTH for _ in unit]
        for row, spans in zip(painted, unit, strict=True):
            for number, (start, end, label) in enumerate(spans):
                row[start:end] = [(label, number)] * (end - start)
            for value, run in groupby(row):
                run_length = len(list(run))
                own += run_length**2 if value else run_length
                label = value[0] if value else None
                of_value[label] = of_value.get(label, 0) + run_length
        for one, other in permutations(painted, 2):
            same = sum((a and a[0]) == (b and b[0]) for a, b in zip(one, other, strict=True))
            agreeing += same / (len(unit) - 1)
    whole = sum(of_value.values())
    if len(of_value) < 2:
        return None
    expected = whole * (whole**2 - sum(n**2 for n in of_value.values())) / (whole**2 - own)
    return 1 - (whole - agreeing) / expected


@given(answers=ANSWERS)
def test_alpha_is_its_definition(answers):
    task = codes([t for t, _ in answers])
    alpha = unitizing_alpha(
        task, [spans for _, spans in answers], lengths=np.full(task.size, LENGTH), n_draws=0
    )

    units = [[spans for of, spans in answers if of == task] for task in {t for t, _ in answers}]
    expected = alpha_point_by_point([unit for unit in units if len(unit) > 1])
    if expected is None:
        assert np.isnan(alpha.value)
        assert alpha.undefined_because
    else:
        assert alpha.value == pytest.approx(expected, abs=1e-9)
        assert alpha.value <= 1 + 1e-9


@given(answers=ANSWERS, data=st.data())
def test_names_and_order_do_not_matter(answers, data):
    task, spans = codes([t for t, _ in answers]), [said for _, said in answers]
    order = data.draw(any_order(task.size))
    renamed = [[(s, e, label * 2) for s, e, label in spans[row]][::-1] for row in order]

    ours = unitizing_alpha(task, spans, n_draws=0)
    theirs = unitizing_alpha(3 - task[order], renamed, n_draws=0)

    assert ours.value == pytest.approx(theirs.value, nan_ok=True, abs=1e-9)


def test_full_agreement_is_one():
    spans = [(0, 3, "a"), (5, 9, "b")]

    alpha = unitizing_alpha(codes([0, 0, 1, 1]), [spans, spans, [], []], lengths=codes([12] * 4))

    assert alpha.value == pytest.approx(1.0)
    assert alpha.interval == pytest.approx((1.0, 1.0))


def test_a_label_more_on_the_same_stretch_is_another_value():
    once, twice = [(0, 4, "a")], [(0, 4, "a"), (2, 4, "b")]

    same = unitizing_alpha(codes([0, 0]), [twice, twice[::-1]], lengths=codes([9, 9]))
    other = unitizing_alpha(codes([0, 0]), [once, twice], lengths=codes([9, 9]))

    assert same.value == pytest.approx(1.0)
    assert other.value < 1


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([[], []], "no answer marks a span"),
        ([[(0, 3, "a")]], "no task has two answers"),
        ([[(0, 3, "a")], [(0, 3, "a")]], "only one value was ever used"),
    ],
)
def test_undefined_cases_say_why(answers, reason):
    alpha = unitizing_alpha(codes([0] * len(answers)), answers)

    assert np.isnan(alpha.value)
    assert alpha.undefined_because == reason


@pytest.mark.parametrize(
    ("spans", "lengths", "complaint"),
    [
        ([(3, 3, "a")], None, "answer 1 has a span that is empty"),
        ([(-1, 3, "a")], None, "answer 1 has a span that is empty"),
        ([(0, 3, "a")], codes([2, 2]), "beyond its continuum"),
    ],
)
def test_broken_spans_are_refused(spans, lengths, complaint):
    with pytest.raises(ValueError, match=complaint):
        unitizing_alpha(codes([0, 0]), [[], spans], lengths=lengths)

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.agreement import cohen_kappa, fleiss_kappa
from tests.core.factories import any_order, codes

# Fleiss (1971), table 1: thirty patients, six psychiatrists each, five diagnoses.
PATIENTS = (
    "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 "
    "10050 11040 03300 10050 02031 00501 30012 51000 02040 10203 "
    "00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
)
# The worked example of Wikipedia's "Fleiss' kappa": ten subjects, fourteen raters, five categories.
SUBJECTS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def answers_of(table):
    cells = [
        (task, value)
        for task, row in enumerate(table)
        for value, times in enumerate(row)
        for _ in range(times)
    ]
    return codes([task for task, _ in cells]), codes([value for _, value in cells])


def test_fleiss_published_kappa_comes_out():
    table = [[int(times) for times in row] for row in PATIENTS.split()]
    assert np.sum(table, axis=0).tolist() == [26, 26, 30, 55, 43]

    kappa = fleiss_kappa(*answers_of(table))

    assert kappa.value == pytest.approx(0.430, abs=0.0005)
    assert kappa.interval[0] < kappa.value < kappa.interval[1]


def test_fleiss_kappa_of_fourteen_raters_comes_out():
    assert fleiss_kappa(*answers_of(SUBJECTS)).value == pytest.approx(0.210, abs=0.0005)


def two_raters(yes_yes, yes_no, no_yes, no_no):
    said = [(1, 1)] * yes_yes + [(1, 0)] * yes_no + [(0, 1)] * no_yes + [(0, 0)] * no_no
    task = np.repeat(np.arange(len(said)), 2)
    return task, np.tile([0, 1], len(said)), codes(said).ravel()


@pytest.mark.parametrize(
    ("table", "by_hand"),
    [
        # Agreement .7; chance .5 * .6 + .5 * .4 = .5; (.7 - .5) / .5.
        ((20, 5, 10, 15), 0.4),
        # Agreement .6; chance .6 * .7 + .4 * .3 = .54; .06 / .46.
        ((45, 15, 25, 15), 0.06 / 0.46),
    ],
)
def test_cohens_kappa_is_what_the_hand_computes(table, by_hand):
    kappa = cohen_kappa(*two_raters(*table))

    assert kappa.value == pytest.approx(by_hand)
    assert kappa.n_tasks == sum(table)


@st.composite
def any_crowd(draw):
    pairs = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), unique=True))
    said = draw(st.lists(st.integers(0, 2), min_size=len(pairs), max_size=len(pairs)))
    return codes([t for t, _ in pairs]), codes([w for _, w in pairs]), codes(said)


def kappa_by_definition(task, worker, value):
    said = dict(zip(zip(task.tolist(), worker.tolist(), strict=True), value.tolist(), strict=True))
    kappas = []
    for one, other in combinations(range(4), 2):
        both = [
            (said[t, one], said[t, other])
            for t in range(5)
            if (t, one) in said and (t, other) in said
        ]
        if not both:
            continue
        observed = np.mean([a == b for a, b in both])
        expected = np.mean([a == b for a, _ in both for _, b in both])
        if expected < 1:
            kappas.append((observed - expected) / (1 - expected))
    return np.mean(kappas) if kappas else np.nan


@given(crowd=any_crowd())
def test_cohens_kappa_of_many_is_the_mean_over_pairs(crowd):
    kappa = cohen_kappa(*crowd, n_draws=10)

    if kappa.undefined_because is None:
        assert kappa.value == pytest.approx(kappa_by_definition(*crowd))
    elif kappa.undefined_because.startswith("only one"):
        assert np.isnan(kappa_by_definition(*crowd))


@given(crowd=any_crowd(), data=st.data())
def test_names_and_order_do_not_matter(crowd, data):
    task, worker, value = crowd
    order = data.draw(any_order(task.size))
    renamed = 9 - task[order], 5 - worker[order], 4 - value[order]

    ours, theirs = cohen_kappa(*crowd, n_draws=0), cohen_kappa(*renamed, n_draws=0)
    assert ours.value == pytest.approx(theirs.value, nan_ok=True)
    ours = fleiss_kappa(task, value, n_draws=0)
    theirs = fleiss_kappa(renamed[0], renamed[2], n_draws=0)
    assert ours.value == pytest.approx(theirs.value, nan_ok=True)
    assert not ours.value > 1


def test_full_agreement_is_one():
    crowd = codes([0, 0, 1, 1]), codes([0, 1, 0, 1]), codes([2, 2, 3, 3])

    assert cohen_kappa(*crowd).value == 1.0
    assert fleiss_kappa(crowd[0], crowd[2]).value == 1.0


def test_a_second_answer_of_a_worker_is_refused():
    with pytest.raises(ValueError, match="more than once"):
        cohen_kappa(codes([0, 0]), codes([1, 1]), codes([0, 1]))


@pytest.mark.parametrize(
    ("value", "task", "reason"),
    [
        ([1, 1, 1, 1], [0, 0, 1, 1], "only one value was ever used"),
        ([1, 2, 1, 2], [0, 0, 1, 2], "fewer than two tasks have two answers"),
        ([], [], "fewer than two tasks have two answers"),
    ],
)
def test_undefined_kappas_say_why(value, task, reason):
    worker = codes([0, 1, 0, 1][: len(task)])

    for kappa in (
        cohen_kappa(codes(task), worker, codes(value)),
        fleiss_kappa(codes(task), codes(value)),
    ):
        assert np.isnan(kappa.value)
        assert kappa.undefined_because == reason

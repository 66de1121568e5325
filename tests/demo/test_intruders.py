"""Hostile workers do what their kind says."""

from collections import Counter

import pytest

from examples.demo import intruders
from examples.demo.study import Answer, Study

LABELS = ["maybe", "no", "yes"]
NAMES = [f"s{n}" for n in range(4000)]
# "yes" is true of all; people said "no" in half of the answers, and "maybe" in a tenth.
SAID = ["no"] * 5 + ["yes"] * 4 + ["maybe"]
STUDY = Study(
    payloads={name: {"text": name} for name in NAMES},
    answers=[Answer("s0", f"w{n}", label) for n, label in enumerate(SAID)],
    truth=dict.fromkeys(NAMES, "yes"),
)


def hostile(n=15, n_expected=100, seed=1):
    return intruders.drawn(STUDY, n=n, n_expected=n_expected, seed=seed)


def one(kind, **more):
    return next(worker for worker in hostile(**more) if worker.kind == kind)


def said(worker, *, n_before=0, seed=1, names=NAMES):
    return [worker.answer(name, truth="yes", seed=seed, n_before=n_before) for name in names]


def shares(labels):
    counts = Counter(labels)
    return [counts[label] / len(labels) for label in LABELS]


def equal(one, other):
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def test_they_are_spread_evenly_over_the_six_kinds():
    counts = Counter(worker.kind for worker in hostile(15))

    assert set(counts) == set(intruders.KINDS)
    assert set(counts.values()) == {2, 3}
    assert len({worker.name for worker in hostile(15)}) == 15


def test_the_random_take_all_labels_alike():
    assert shares(said(one("random"))) == pytest.approx([1 / 3] * 3, abs=0.03)


def test_the_constant_say_one_label_whatever_is_asked():
    assert {len(set(said(worker))) for worker in hostile(60) if worker.kind == "constant"} == {1}
    assert {said(worker)[0] for worker in hostile(60) if worker.kind == "constant"} == {*LABELS}


def test_the_prior_answer_by_the_shares_of_the_recorded_answers():
    assert shares(said(one("prior"))) == pytest.approx([0.1, 0.5, 0.4], abs=0.03)


def test_a_sleeper_is_right_in_85_of_100_until_40_of_100_expected_and_then_as_prior():
    sleeper = one("sleeper", n_expected=100)

    assert shares(said(sleeper, n_before=39))[2] == pytest.approx(0.85, abs=0.02)
    assert shares(said(sleeper, n_before=40)) == pytest.approx([0.1, 0.5, 0.4], abs=0.03)


@pytest.mark.parametrize(("kind", "accuracy"), [("bad_copier", 0.45), ("skilled_copier", 0.75)])
def test_copiers_are_about_as_often_right_as_their_source(kind, accuracy):
    # Of the four fifths that are copied, a twentieth is something else.
    slips = 0.8 * 0.05
    expected = accuracy * (1 - slips) + slips * (1 - accuracy) / 2

    assert shares(said(one(kind)))[2] == pytest.approx(expected, abs=0.025)


def test_copiers_of_a_group_err_alike_and_those_of_two_groups_do_not():
    a, b = (said(worker) for worker in hostile(12) if worker.kind == "bad_copier")
    of_another = said(one("skilled_copier"))
    both_wrong = [(x, y) for x, y in zip(a, b, strict=True) if "yes" not in (x, y)]

    # About .71, and .37 where nobody copies.
    assert equal(a, b) > 0.65
    # Two labels are wrong: by chance half of the common errors are equal ones.
    assert sum(x == y for x, y in both_wrong) / len(both_wrong) > 0.8
    assert equal(a, of_another) < 0.5


@pytest.mark.parametrize("kind", intruders.KINDS)
def test_a_draw_depends_on_seed_worker_and_sentence_only(kind):
    names = NAMES[:300]

    assert said(one(kind), names=names) == said(one(kind), names=names[::-1])[::-1]
    if kind != "constant":
        assert said(one(kind), names=names) != said(one(kind), seed=2, names=names)

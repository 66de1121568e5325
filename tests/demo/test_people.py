"""Simulated workers err as those they imitate."""

import pytest

from examples.demo import people
from examples.demo.people import Person
from examples.demo.study import Answer, Study

LABELS = ["no", "yes"]


def a_study(*, n_people=1, n_sentences=30, said="yes", truth="yes") -> Study:
    names = [f"s{n}" for n in range(n_sentences)]
    return Study(
        payloads={name: {"text": name} for name in names},
        answers=[Answer(name, f"w{n}", said) for n in range(n_people) for name in names]
        + [Answer("s0", "rare", label) for label in LABELS],
        truth=dict.fromkeys(names, truth),
    )


def a_person(*, said=None, rates=None) -> Person:
    return Person("wim", said or {}, rates or {"yes": {"no": 0.25, "yes": 0.75}}, 0.75)


def test_error_rates_are_those_recorded_smoothed_by_one():
    answers = [Answer("a", "wim", "yes"), Answer("b", "wim", "no"), Answer("c", "wim", "no")]
    truth = {"a": "yes", "b": "yes", "c": "no"}

    wim = people.recorded("wim", answers, truth=truth, labels=LABELS)

    assert wim.rates == {
        "yes": {"no": pytest.approx(1 / 2), "yes": pytest.approx(1 / 2)},
        "no": {"no": pytest.approx(2 / 3), "yes": pytest.approx(1 / 3)},
    }
    assert wim.accuracy == pytest.approx(2 / 3)
    assert wim.kind == "poor"


def test_a_recorded_answer_is_given_again():
    wim = a_person(said={"a": "no"}, rates={"yes": {"no": 0.0, "yes": 1.0}})

    assert wim.answer("a", truth="yes", seed=1) == "no"
    assert wim.answer("b", truth="yes", seed=1) == "yes"


def test_other_answers_are_drawn_from_the_error_rates():
    wim = a_person()

    drawn = [wim.answer(f"s{n}", truth="yes", seed=1) for n in range(4000)]

    assert drawn.count("yes") / len(drawn) == pytest.approx(0.75, abs=0.03)


def test_a_draw_depends_on_seed_person_and_sentence_only():
    wim = a_person()
    names = [f"s{n}" for n in range(50)]

    def drawn(seed, order):
        said = {name: wim.answer(name, truth="yes", seed=seed) for name in order}
        return [said[name] for name in names]

    assert drawn(1, names) == drawn(1, reversed(names))
    assert drawn(1, names) != drawn(2, names)


def test_a_clicker_takes_any_label_whatever_is_true():
    clicker = people.clicker("c", labels=LABELS)

    drawn = [clicker.answer(f"s{n}", truth="yes", seed=1) for n in range(4000)]

    assert clicker.kind == "clicker"
    assert drawn.count("yes") / len(drawn) == pytest.approx(0.5, abs=0.03)


def test_only_people_with_enough_answers_are_imitated():
    persons = people.crowd(a_study(n_people=5), n_people=60, n_clickers=2, seed=1)

    assert sorted(person.name for person in persons) == [
        *("clicker 1", "clicker 2"),
        *("w0", "w1", "w2", "w3", "w4"),
    ]


def test_the_seed_draws_the_people():
    study = a_study(n_people=30)

    def names(seed):
        return [person.name for person in people.crowd(study, n_people=5, n_clickers=0, seed=seed)]

    assert names(1) == names(1)
    assert names(1) != names(2)
    assert len(set(names(1))) == 5

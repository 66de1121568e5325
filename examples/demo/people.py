"""Simulated workers: each answers as one of the recorded people would, or clicks at random."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from examples.demo import chance
from examples.demo.study import Answer, Study

ENOUGH_ANSWERS = 20
HONEST_FROM = 0.7

# Share of each label among what a person says, by what is true.
Rates = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Person:
    """Someone to imitate: what they said, and how they err where they said nothing."""

    name: str
    said: dict[str, str]
    rates: Rates
    # Recorded; None for one who clicks at random and imitates nobody.
    accuracy: float | None

    @property
    def kind(self) -> str:
        """`honest`, `poor` or `clicker`."""
        if self.accuracy is None:
            return "clicker"
        return "honest" if self.accuracy >= HONEST_FROM else "poor"

    def answer(self, external_id: str, *, truth: str, seed: int) -> str:
        """The recorded answer where there is one, else one drawn from the error rates."""
        if external_id in self.said:
            return self.said[external_id]
        rates = self.rates[truth]
        at = chance.drawn(seed, "answer", self.name, external_id)
        return chance.chosen(list(rates), list(rates.values()), at)


def crowd(study: Study, *, n_people: int, n_clickers: int, seed: int) -> list[Person]:
    """People drawn from those with enough recorded answers, and clickers among them."""
    by_person: dict[str, list[Answer]] = defaultdict(list)
    for answer in study.answers:
        by_person[answer.person].append(answer)
    known = [name for name, answers in by_person.items() if len(answers) >= ENOUGH_ANSWERS]
    people = [
        recorded(name, by_person[name], truth=study.truth, labels=study.labels)
        for name in chance.sample(seed, known, n_people, of="people")
    ]
    people += [clicker(f"clicker {n}", labels=study.labels) for n in range(1, n_clickers + 1)]
    return sorted(people, key=lambda person: chance.drawn(seed, "seat", person.name))


def recorded(
    name: str, answers: list[Answer], *, truth: Mapping[str, str], labels: list[str]
) -> Person:
    """A person as measured: their share of right answers, and add-one smoothed error rates."""
    pairs = Counter((truth[answer.external_id], answer.label) for answer in answers)
    n_right = sum(n for (true, label), n in pairs.items() if true == label)
    rates: Rates = {}
    for true in sorted({*labels, *truth.values()}):
        n_true = sum(pairs[true, label] for label in labels)
        rates[true] = {label: (pairs[true, label] + 1) / (n_true + len(labels)) for label in labels}
    said = {answer.external_id: answer.label for answer in answers}
    return Person(name, said, rates, n_right / len(answers))


def clicker(name: str, *, labels: list[str]) -> Person:
    """One who takes any label, whatever is true."""
    even = dict.fromkeys(labels, 1 / len(labels))
    return Person(name, {}, dict.fromkeys(labels, even), None)

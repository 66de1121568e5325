"""Simulated workers: each answers as one of the recorded people would, or clicks at random."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from examples.demo import chance
from examples.demo.study import Answer, Study

ENOUGH_ANSWERS = 20
HONEST_FROM = 0.7

# Share of each label among what a person says, by what is true.
Rates = dict[str, dict[str, float]]


class Worker(Protocol):
    """Whoever takes a seat in the crowd."""

    @property
    def name(self) -> str:
        """Known to the demo only."""

    @property
    def kind(self) -> str:
        """What they are, for the report."""

    def answer(self, external_id: str, *, truth: str, seed: int, n_before: int = 0) -> str:
        """What they say of a sentence, having answered so many before."""


@dataclass(frozen=True)
class Person:
    """Someone to imitate: what they said, and how they err where they said nothing."""

    name: str
    said: dict[str, str]
    rates: Rates
    accuracy: float  # as recorded

    @property
    def kind(self) -> str:
        """`honest` or `poor`."""
        return "honest" if self.accuracy >= HONEST_FROM else "poor"

    def answer(self, external_id: str, *, truth: str, seed: int, n_before: int = 0) -> str:
        """The recorded answer where there is one, else one drawn from the error rates."""
        if external_id in self.said:
            return self.said[external_id]
        rates = self.rates[truth]
        at = chance.drawn(seed, "answer", self.name, external_id)
        return chance.chosen(list(rates), list(rates.values()), at)


@dataclass(frozen=True)
class Guesser:
    """One who takes labels by their weights, whatever is true."""

    name: str
    kind: str
    weights: dict[str, float]

    def answer(self, external_id: str, *, truth: str, seed: int, n_before: int = 0) -> str:
        """A label drawn for this sentence."""
        at = chance.drawn(seed, "answer", self.name, external_id)
        return chance.chosen(list(self.weights), list(self.weights.values()), at)


def imitated(study: Study, *, n_people: int, seed: int) -> list[Worker]:
    """People drawn from those with enough recorded answers."""
    by_person: dict[str, list[Answer]] = defaultdict(list)
    for answer in study.answers:
        by_person[answer.person].append(answer)
    known = [name for name, answers in by_person.items() if len(answers) >= ENOUGH_ANSWERS]
    return [
        recorded(name, by_person[name], truth=study.truth, labels=study.labels)
        for name in chance.sample(seed, known, n_people, of="people")
    ]


def crowd(study: Study, *, n_people: int, n_clickers: int, seed: int) -> list[Worker]:
    """Imitated people, and clickers among them."""
    clickers = [clicker(f"clicker {n}", labels=study.labels) for n in range(1, n_clickers + 1)]
    return mingled([*imitated(study, n_people=n_people, seed=seed), *clickers], seed=seed)


def mingled(workers: Iterable[Worker], *, seed: int) -> list[Worker]:
    """The same in an order that the seed draws."""
    return sorted(workers, key=lambda worker: chance.drawn(seed, "seat", worker.name))


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


def clicker(name: str, *, labels: list[str]) -> Guesser:
    """One who takes any label, whatever is true."""
    return Guesser(name, "clicker", dict.fromkeys(labels, 1 / len(labels)))

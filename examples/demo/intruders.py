"""Hostile workers of six kinds, as the benchmark of fraud makes them up."""

from collections import Counter
from dataclasses import dataclass

from examples.demo import chance
from examples.demo.people import Guesser, Worker
from examples.demo.study import Study

# Copiers share too few tasks here for a bar: they are reported only.
BARRED = ("random", "constant", "prior", "sleeper")
SOURCES = {"bad_copier": 0.45, "skilled_copier": 0.75}
KINDS = (*BARRED, *SOURCES)
COPIED, NOISE = 0.8, 0.05
AWAKE, SKILL_AWAKE = 0.4, 0.85


@dataclass(frozen=True)
class Sleeper:
    """One who is often right in their first answers, and then guesses.

    Nobody knows how many answers they will give: `n_awake` is a share of those expected.
    """

    asleep: Guesser
    n_awake: int

    @property
    def name(self) -> str:
        """As when asleep."""
        return self.asleep.name

    @property
    def kind(self) -> str:
        """As when asleep."""
        return self.asleep.kind

    def answer(self, external_id: str, *, truth: str, seed: int, n_before: int = 0) -> str:
        """Mostly the truth while awake."""
        if n_before >= self.n_awake:
            return self.asleep.answer(external_id, truth=truth, seed=seed)
        at = chance.drawn(seed, "awake", self.name, external_id)
        return _skilled(list(self.asleep.weights), truth, SKILL_AWAKE, at)


@dataclass(frozen=True)
class Copier:
    """One of a group who copy a hidden source, each most tasks, and slip now and then.

    What they do not copy they answer by themselves, as often right as the source.
    """

    name: str
    kind: str
    labels: list[str]

    def answer(self, external_id: str, *, truth: str, seed: int, n_before: int = 0) -> str:
        """Mostly what the source says."""
        is_copied = chance.drawn(seed, "copied", self.name, external_id) < COPIED
        who = f"source of {self.kind}" if is_copied else self.name
        at = chance.drawn(seed, "answer", who, external_id)
        label = _skilled(self.labels, truth, SOURCES[self.kind], at)
        slip = chance.drawn(seed, "slip", self.name, external_id)
        if is_copied and slip < NOISE:
            return _skilled(self.labels, label, 0.0, slip / NOISE)
        return label


def drawn(study: Study, *, n: int, n_expected: int, seed: int) -> list[Worker]:
    """So many hostile workers, spread over the kinds; each is expected to answer so often."""
    return [
        _one(f"{kind} {place // len(KINDS) + 1}", kind, study, n_expected=n_expected, seed=seed)
        for place in range(n)
        for kind in (KINDS[place % len(KINDS)],)
    ]


def _one(name: str, kind: str, study: Study, *, n_expected: int, seed: int) -> Worker:
    labels = study.labels
    if kind in SOURCES:
        return Copier(name, kind, labels)
    if kind == "random":
        return Guesser(name, kind, dict.fromkeys(labels, 1.0))
    if kind == "constant":
        always = labels[int(len(labels) * chance.drawn(seed, "always", name))]
        return Guesser(name, kind, {always: 1.0})
    counts = Counter(answer.label for answer in study.answers)
    guesser = Guesser(name, kind, {label: float(counts[label]) for label in labels})
    return guesser if kind == "prior" else Sleeper(guesser, round(AWAKE * n_expected))


def _skilled(labels: list[str], truth: str, accuracy: float, at: float) -> str:
    """The truth with this probability, else one of the other labels."""
    others = [label for label in labels if label != truth]
    weights = [accuracy, *((1 - accuracy) / len(others) for _ in others)]
    return chance.chosen([truth, *others], weights, at)

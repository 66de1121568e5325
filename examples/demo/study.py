"""The data of a folder: sentences, the answers recorded for them, and their truth."""

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.demo import chance

SENTIMENT = Path(__file__).parents[1] / "sentiment"

Payload = dict[str, Any]


class Unreadable(Exception):
    """The folder does not hold what the demo needs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said of one sentence."""

    external_id: str
    person: str
    label: str


@dataclass(frozen=True)
class Study:
    """Sentences and answers, which may be sent; the truth stays here."""

    payloads: dict[str, Payload]
    answers: list[Answer]
    truth: dict[str, str]

    @property
    def labels(self) -> list[str]:
        """What may be answered, in alphabetical order."""
        return sorted({answer.label for answer in self.answers})

    def votes(self) -> dict[str, list[str]]:
        """The labels given to each sentence."""
        found: dict[str, list[str]] = defaultdict(list)
        for answer in self.answers:
            found[answer.external_id].append(answer.label)
        return found

    def first(self, n_sentences: int) -> "Study":
        """The first so many sentences."""
        return self._only(list(self.payloads)[:n_sentences])

    def drawn(self, n_sentences: int, *, seed: int) -> "Study":
        """So many sentences, drawn by the seed."""
        return self._only(chance.sample(seed, self.payloads, n_sentences, of="sentences"))

    def _only(self, external_ids: list[str]) -> "Study":
        kept = dict.fromkeys(external_ids)
        return Study(
            payloads={external_id: self.payloads[external_id] for external_id in kept},
            answers=[answer for answer in self.answers if answer.external_id in kept],
            truth={external_id: self.truth[external_id] for external_id in kept},
        )


def read(folder: Path) -> Study:
    """The study of a folder with `items.jsonl` and `answers.csv`. Raises Unreadable."""
    payloads: dict[str, Payload] = {}
    truth: dict[str, str] = {}
    try:
        for line in (folder / "items.jsonl").read_text().splitlines():
            item = json.loads(line)
            payloads[item["external_id"]] = item["payload"]
            truth[item["external_id"]] = item["truth"]
        with (folder / "answers.csv").open(newline="") as file:
            answers = [
                Answer(row["task"], row["worker"], row["label"]) for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, KeyError) as error:
        raise Unreadable(f"{folder}: {type(error).__name__}: {error}") from None
    return Study(payloads, answers, truth)

"""Texts: our consensus, crowd-kit's ROVER, and single answers, by word error rate.

Texts are compared in lower case, without punctuation: hyphens, dashes and slashes part words,
every other mark is dropped. A rate is all edits over all words of the true texts.
"""

import json
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import ours, scores, tables
from benchmarks.peers.client import Failed, Peers
from benchmarks.sets import AnswerSet
from quality.core.texts import TextVotes

PARTING = "-/\u2010\u2011\u2012\u2013\u2014\u2015"
ROVERS = ("ROVER", "ROVER, normalised")
# Single answers: the first two can be had without knowing the truth.
ANY, MEDOID = "an answer at random", "the answer nearest to the others"
BEST_WORKER, ORACLE = "best worker's answer (oracle)", "best answer of each task (oracle)"

Rates = dict[str, float | Failed]


def words(text: str) -> tuple[str, ...]:
    """A text as it is compared."""
    folded = unicodedata.normalize("NFKC", text).lower()
    parted = "".join(" " if character in PARTING else character for character in folded)
    kept = (c for c in parted if not unicodedata.category(c).startswith(("P", "S")))
    return tuple("".join(kept).split())


def rates_on(of: AnswerSet, peers: Peers) -> Rates:
    """Word error rates over the tasks whose truth is known."""
    truth = {task: words(text) for task, text in of.truth.items()}
    n_words = sum(map(len, truth.values()))
    began = time.process_time()
    votes = TextVotes(of.task, of.worker, tuple(of.answer), of.n_tasks, of.n_workers)
    found: dict[str, Any] = {"ours": dict(enumerate(ours.texts(votes)))}
    seconds = time.process_time() - began
    found |= {name: _rover(of, peers, name) for name in ROVERS}
    rates: Rates = {
        name: texts if isinstance(texts, Failed) else _edits(texts, truth) / n_words
        for name, texts in found.items()
    }
    singles = {name: edits / n_words for name, edits in _singles(of, truth).items()}
    return {**rates, **singles, "seconds": seconds}


def show(found: dict[str, Rates]) -> None:
    columns = ["ours", *ROVERS, ANY, MEDOID, BEST_WORKER, ORACLE, "seconds"]
    tables.show(
        "Texts: word error rate (lower case, no punctuation; all edits over all words)",
        ["", *found],
        [[column, *(_cell(rates[column]) for rates in found.values())] for column in columns],
    )
    for name, rates in found.items():
        for title, rate in rates.items():
            if isinstance(rate, Failed):
                print(f"failed: {title} on {name}: {rate}")


def figures(found: dict[str, Rates]) -> dict[str, Any]:
    keys = {"ours": "ours", "rover": ROVERS[0], "rover_normalised": ROVERS[1]}
    keys |= {"best_worker": BEST_WORKER, "best_answer_oracle": ORACLE, "medoid": MEDOID}
    return {
        name: {short: _cell(rates[title]) for short, title in keys.items()}
        for name, rates in found.items()
    }


def _cell(rate: float | Failed) -> float | None:
    return None if isinstance(rate, Failed) else rate


def _rover(of: AnswerSet, peers: Peers, name: str) -> dict[int, str] | Failed:
    """crowd-kit's ROVER, on the texts as they are or already in the form they are compared in."""
    texts = of.answer if name == ROVERS[0] else [" ".join(words(text)) for text in of.answer]
    asked = {"task": of.task.tolist(), "worker": of.worker.tolist(), "text": texts}
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "texts.json", Path(folder) / "out.json"
        data.write_text(json.dumps(asked))
        try:
            peers.run(name, data, out)
        except Failed as why:
            return why
        return {int(task): text for task, text in json.loads(out.read_text()).items()}


def _edits(texts: Mapping[int, str], truth: Mapping[int, tuple[str, ...]]) -> int:
    return sum(scores.n_edits(words(texts[task]), meant) for task, meant in truth.items())


def _singles(of: AnswerSet, truth: Mapping[int, tuple[str, ...]]) -> dict[str, float]:
    """Edits when one answer of each task is taken, chosen in four ways."""
    answers = defaultdict(list)
    for task, worker, text in zip(of.task.tolist(), of.worker.tolist(), of.answer, strict=True):
        if task in truth:
            answers[task].append((worker, words(text)))
    edits = {
        task: [scores.n_edits(said, truth[task]) for _, said in given]
        for task, given in answers.items()
    }
    rate = _worker_rates(answers, edits, truth)
    chosen = dict.fromkeys((ANY, MEDOID, BEST_WORKER, ORACLE), 0.0)
    for task, given in answers.items():
        of_task = edits[task]
        chosen[ANY] += sum(of_task) / len(of_task)
        chosen[MEDOID] += of_task[_medoid([said for _, said in given])]
        chosen[BEST_WORKER] += min(zip((rate[w] for w, _ in given), of_task, strict=True))[1]
        chosen[ORACLE] += min(of_task)
    return chosen


def _worker_rates(
    answers: Mapping[int, list[tuple[int, tuple[str, ...]]]],
    edits: Mapping[int, list[int]],
    truth: Mapping[int, tuple[str, ...]],
) -> dict[int, float]:
    """Each worker's own word error rate."""
    n_edits: dict[int, int] = defaultdict(int)
    n_words: dict[int, int] = defaultdict(int)
    for task, given in answers.items():
        for (worker, _), n in zip(given, edits[task], strict=True):
            n_edits[worker] += n
            n_words[worker] += len(truth[task])
    return {worker: n_edits[worker] / max(n_words[worker], 1) for worker in n_edits}


def _medoid(texts: list[tuple[str, ...]]) -> int:
    """The index of the text that is nearest to the others, the first of equals."""
    distances = [sum(scores.n_edits(one, other) for other in texts) for one in texts]
    return distances.index(min(distances))

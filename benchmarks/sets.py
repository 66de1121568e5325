"""Sets of recorded answers: one folder each, with labels.csv, truth.csv and perhaps meta.json."""

import csv
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Row = tuple[str, str, str]

CATEGORICAL, NUMERIC, TEXT = "categorical", "numeric", "text"
# What meta.json may call them.
KINDS = {
    **dict.fromkeys(("categorical", "nominal", "classification", "binary"), CATEGORICAL),
    **dict.fromkeys(("numeric", "number", "continuous"), NUMERIC),
    **dict.fromkeys(("text", "texts"), TEXT),
}
# Without meta.json: more distinct numbers than this are measurements, not classes.
MOST_CLASSES = 20
# Without meta.json: answers of more words than this are texts.
MOST_WORDS = 3
UNKNOWN = -1

WHERE_FROM = """\
Give a folder of sets: DATA=folder. Each set is a folder in it with labels.csv (task,worker,label),
truth.csv (task,label) and perhaps meta.json ({"kind": "categorical", "numeric" or "text"}).
Public sets of recorded answers are in these repositories, under these paths:
  yuan-li/truth-inference-at-scale@621789b2d5
      data/SpectralMethodsMeetEM: bluebird, rte, dog
      data/crowd_truth_inference: d_sentiment, d_jn-product, s4_Relevance, s5_AdultContent,
                                  s4_Face Sentiment Identification
      data/active-crowd-toolkit: SP_amt, CF_amt
  edwinrobots/bayesian_combination_tutorial2@f98448e2e9
      all_collected_data: temp, wsd, and numbers in valence
  JunjieChiang/Label-Aggregation@d153fa4c65
      data: leaves
  zhydhkcws/crowd_truth_infer@8d21647107
      datasets: numbers in f201_Emotion_FULL
  garfieldpigljy/CrowdWSA2019@2cb655639c
      data: texts in CrowdWSA2019_J1, CrowdWSA2019_T1
  Toloka/CrowdSpeech@7a43b79ef0
      data: texts in crowdspeech-dev-clean"""


class Unusable(Exception):
    """Why a folder cannot be scored."""


@dataclass(frozen=True)
class AnswerSet:
    """Recorded answers and what is true, ids numbered in sorted order, rows as in the file.

    task, worker: (n_answers,) codes; of repeated (task, worker) pairs only the first is kept
    answer: the n_answers answers as written
    truth: of the tasks whose truth is known and that have answers, by task code
    """

    name: str
    kind: str
    task: Codes
    worker: Codes
    answer: list[str]
    n_tasks: int
    n_workers: int
    truth: dict[int, str]
    n_repeated: int

    @property
    def redundancy(self) -> float:
        return self.task.size / self.n_tasks

    @property
    def gold_tasks(self) -> Codes:
        return np.array(sorted(self.truth), dtype=np.int64)


@dataclass(frozen=True)
class Classes:
    """A categorical set's answers and truth as codes of the declared classes.

    The classes are those of the answers and the truth.
    label: (n_answers,); gold: (n_tasks,), UNKNOWN where not known
    """

    names: list[str]
    label: Codes
    gold: Codes

    @property
    def n_labels(self) -> int:
        return len(self.names)


def read_all(folder: Path) -> Iterator[tuple[Path, AnswerSet | Unusable]]:
    """Each set of the folder in order of name, or why it is left out."""
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            yield path, read(path)
        except Unusable as why:
            yield path, why


def read(path: Path) -> AnswerSet:
    """One set. Raises Unusable."""
    rows, n_repeated = _first_of_pairs(_rows(path / "labels.csv", ("task", "worker", "label")))
    known = {task: label for task, label in _rows(path / "truth.csv", ("task", "label")) if label}
    tasks, task = numbered([row[0] for row in rows])
    workers, worker = numbered([row[1] for row in rows])
    answers = [row[2] for row in rows]
    truth = {code: known[name] for code, name in enumerate(tasks) if name in known}
    if not truth:
        raise Unusable("no task with answers has a known truth")
    kind = _kind(path, answers)
    if kind == NUMERIC and not all(map(_is_number, [*answers, *truth.values()])):
        raise Unusable("it is numeric, and an answer or a truth is not a number")
    return AnswerSet(
        path.name, kind, task, worker, answers, len(tasks), len(workers), truth, n_repeated
    )


def classes(of: AnswerSet) -> Classes:
    """The answers of a categorical set as codes."""
    names, codes = numbered([_plain(name) for name in [*of.answer, *of.truth.values()]])
    gold = np.full(of.n_tasks, UNKNOWN)
    gold[list(of.truth)] = codes[len(of.answer) :]
    return Classes(names, codes[: len(of.answer)], gold)


def numbered(ids: Sequence[str]) -> tuple[list[str], Codes]:
    """The distinct ids, numbers in their order and others by alphabet, and each entry's index."""
    distinct = sorted(set(ids))
    if all(_is_number(one) for one in distinct):
        distinct.sort(key=float)
    code_of = {one: code for code, one in enumerate(distinct)}
    return distinct, np.array([code_of[one] for one in ids], dtype=np.int64)


def numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([float(text) for text in texts])


def guessed_kind(answers: Sequence[str]) -> str:
    """What kind of answers these seem to be."""
    distinct = set(answers)
    if all(_is_number(answer) for answer in distinct):
        is_measured = len({float(answer) for answer in distinct}) > MOST_CLASSES
        return NUMERIC if is_measured else CATEGORICAL
    n_words = statistics.median(len(answer.split()) for answer in answers)
    return TEXT if n_words > MOST_WORDS or len(distinct) > len(answers) / 2 else CATEGORICAL


def _rows(path: Path, columns: Sequence[str]) -> list[tuple[str, ...]]:
    if not path.exists():
        raise Unusable(f"no {path.name}")
    csv.field_size_limit(2**24)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if missing := set(columns) - set(reader.fieldnames or ()):
            raise Unusable(f"{path.name} has no column {', '.join(sorted(missing))}")
        return [tuple((row[column] or "").strip() for column in columns) for row in reader]


def _first_of_pairs(rows: list[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], int]:
    """The rows with an answer, the first of each (task, worker), and how many were repeats."""
    answered = [row for row in rows if all(row)]
    if not answered:
        raise Unusable("labels.csv has no answers")
    first: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in answered:
        first.setdefault((row[0], row[1]), row)
    return list(first.values()), len(answered) - len(first)


def _kind(path: Path, answers: Sequence[str]) -> str:
    meta = path / "meta.json"
    if not meta.exists():
        return guessed_kind(answers)
    named = str(json.loads(meta.read_text()).get("kind", "")).lower()
    if not named:
        return guessed_kind(answers)
    if named not in KINDS:
        raise Unusable(f"sets of kind {named!r} are not scored")
    return KINDS[named]


def _plain(name: str) -> str:
    """The name of a class: 1.0 and 1 are the same."""
    return str(int(float(name))) if _is_number(name) and float(name).is_integer() else name


def _is_number(text: str) -> bool:
    try:
        return np.isfinite(float(text)).item()
    except ValueError:
        return False

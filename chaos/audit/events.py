"""Every row of the feed arrived, in order and once numbered; none that is not there."""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from chaos.audit.finding import Finding, Scene, faults
from chaos.clients.rows import NAMES
from chaos.history import Note

FEED = """
SELECT revision.seq, task.uid::text, revision.field, revision.revision, revision.value::text,
       revision.n_answers
  FROM quality_revision AS revision
  LEFT JOIN tasks_app_task AS task ON task.id = revision.task_id
 WHERE revision.project_id = %(project)s
 ORDER BY revision.seq
"""
HEAD = """
SELECT coalesce(max(head), 0) FROM quality_settling WHERE project_id = %(project)s
"""
OF_NO_ANSWER = """
SELECT revision.seq, revision.n_answers,
       (SELECT count(*) FROM tasks_app_answer AS answer WHERE answer.task_id = revision.task_id)
  FROM quality_revision AS revision
 WHERE revision.project_id = %(project)s AND revision.task_id IS NOT NULL
   AND revision.n_answers > (SELECT count(*) FROM tasks_app_answer AS answer
                              WHERE answer.task_id = revision.task_id)
"""


def arrived(scene: Scene) -> Finding:
    """The feed has no gap, and each of its rows was delivered and read as it stands."""
    rows = {row[0]: _parsed(row) for row in scene.rows(FEED)}
    head = scene.figure(HEAD)
    wanted = set(range(1, head + 1))
    wrong = [f"seq {seq} is not in the feed" for seq in sorted(wanted - set(rows))]
    wrong += [f"seq {seq} is past the head {head}" for seq in sorted(set(rows) - wanted)]
    wrong += faults(scene.rows(OF_NO_ANSWER), "seq {0} tells {1} answers where {2} are")
    seen, told = scene.story.seen, scene.story.told
    wrong += _differences("read", seen, rows) + _missing("read", seen, rows)
    wrong += [
        f"seq {after['seq']} was read after {before['seq']}"
        for before, after in pairwise(seen)
        if after["seq"] != before["seq"] + 1
    ]
    if scene.story.has_receiver:
        wrong += _differences("delivered", told, rows) + _missing("delivered", told, rows)
    n = f"{head} in the feed, {len(seen)} read, {len(told)} delivered"
    return Finding(f"{n}, {len(wrong)} wrong", wrong)


def _missing(how: str, notes: Iterable[Note], rows: Iterable[int]) -> list[str]:
    there = {note["seq"] for note in notes}
    return [f"seq {seq} was never {how}" for seq in rows if seq not in there]


def _differences(how: str, notes: Iterable[Note], rows: dict[int, tuple[object, ...]]) -> list[str]:
    """Rows that came to somebody and that the feed does not have like that."""
    return [
        f"seq {note['seq']} was {how} as something else"
        for note in notes
        if "truncated" not in note and rows.get(note["seq"]) != _row(note)
    ]


def _parsed(row: tuple[Any, ...]) -> tuple[object, ...]:
    *names, value, n_answers = row
    return (*names, None if value is None else json.loads(value), n_answers)


def _row(note: Note) -> tuple[object, ...]:
    return tuple(note[name] for name in NAMES)

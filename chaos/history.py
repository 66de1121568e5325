"""What the clients were told, written down by themselves: the history the audit checks."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Note = dict[str, Any]


class History:
    """Appends each note to a file at once, and counts what was noted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._file = path.open("a", buffering=1)

    def note(self, kind: str, **what: Any) -> None:
        """One thing that happened to a client."""
        line = json.dumps({"kind": kind, "at": round(time.time(), 3), **what})
        with self._lock:
            self.counts[kind] += 1
            self._file.write(line + "\n")

    def close(self) -> None:
        """No more is noted."""
        with self._lock:
            self._file.close()


@dataclass
class Story:
    """A history as the audit reads it.

    created: 201 of a submit, by assignment; what was sent again and answered 200 is not among them
    acks: every acknowledged answer
    recorded: acknowledged answers that were collected elsewhere
    told: rows of the feed that a webhook brought, seen: those a follower read, in their order
    """

    created: Counter[str] = field(default_factory=Counter)
    acks: dict[str, Note] = field(default_factory=dict)
    items: set[str] = field(default_factory=set)
    recorded: list[Note] = field(default_factory=list)
    told: list[Note] = field(default_factory=list)
    seen: list[Note] = field(default_factory=list)
    strange: list[Note] = field(default_factory=list)
    has_receiver: bool = False

    @property
    def n_acked(self) -> int:
        """Answers that were acknowledged, whichever way they came."""
        return len(self.acks) + len(self.recorded)


def read(path: Path) -> Story:
    """A history from its file."""
    with path.open() as lines:
        return told_by(json.loads(line) for line in lines)


def told_by(notes: Iterable[Note]) -> Story:
    """A history from its notes."""
    story = Story()
    for note in notes:
        _enter(story, note)
    return story


def _enter(story: Story, note: Note) -> None:
    match note["kind"]:
        case "ack":
            story.acks[note["assignment"]] = note
            story.created[note["assignment"]] += note["status"] == 201
        case "items":
            story.items.update(note["ids"])
        case "recorded":
            story.recorded += note["rows"]
        case "told":
            story.told += note["rows"]
        case "seen":
            story.seen += note["rows"]
        case "strange":
            story.strange.append(note)
        case "receiver":
            story.has_receiver = True

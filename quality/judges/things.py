"""What comparisons compare: which things are the same, and what a fit knew of each."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.core.orders import Margins, NoisyBradleyTerry
from quality.core.votes import Codes, Floats
from quality.judges.verdict import FieldVotes
from tasks_app import pointers

# Before any vote a score is normal about 0 with this variance, as the core presumes.
PRIOR = NoisyBradleyTerry().spread ** 2
SIDES = ("left", "right")
# Names are whole numbers that floats hold exactly.
NAME_BITS = 52


class Things:
    """The two things of each task.

    names: (n_things,) rising whole numbers; things are the same if their names are
    pairs: (n_tasks, 2) codes into names, left and right
    pair_names: (n_tasks,), the same whichever of the two is left
    is_shared: (n_tasks,), False where the things are the task's own: without a payload, or where
        both are the same
    """

    def __init__(self, votes: FieldVotes) -> None:
        payloads = votes.payloads or [None] * votes.n_tasks
        named = [_pair(votes.field, payload) for payload in payloads]
        self.is_shared = np.array([pair is not None for pair in named], dtype=np.bool_)
        pairs = [
            [_name([task, side]) for side in SIDES] if pair is None else [_name(t) for t in pair]
            for task, pair in enumerate(named)
        ]
        rows = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        self.names, codes = np.unique(rows, return_inverse=True)
        self.pairs = codes.reshape(-1, 2)
        self.pair_names = np.array([_name(sorted(pair)) for pair in pairs], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Scores:
    """What a fit knew of the things it met, but for those of one task alone.

    things: (n_things, 3), rising names, scores and their variances
    pairs: (n_pairs, 3), rising names of pairs, how many votes were seen, and the margin's variance
    """

    things: Floats
    pairs: Floats

    @classmethod
    def of(cls, things: Things, fitted: NoisyBradleyTerry, n_votes: Codes) -> "Scores":
        """What was learned from so many votes on each task."""
        shared = np.flatnonzero(things.is_shared)
        met = np.unique(things.pairs[shared])
        # Of several tasks about one pair, the one with the most votes.
        order = shared[np.lexsort((-n_votes[shared], things.pair_names[shared]))]
        names, first = np.unique(things.pair_names[order], return_index=True)
        seen = order[first]
        return cls(
            np.stack([things.names[met], fitted.scores_[met], fitted.errors_[met] ** 2], axis=1),
            np.stack([names, n_votes[seen], fitted.margins_.variance[seen]], axis=1),
        )

    def packed(self) -> Floats:
        """As one row of numbers: how many things, they, and the pairs."""
        head = [float(len(self.things))]
        return np.concatenate([head, self.things.ravel(), self.pairs.ravel()])

    @classmethod
    def unpacked(cls, row: Floats) -> "Scores":
        """The scores again."""
        end = 1 + 3 * int(row[0])
        return cls(row[1:end].reshape(-1, 3), row[end:].reshape(-1, 3))

    def margins(self, things: Things) -> tuple[Margins, Floats]:
        """What is known of each task's margin, and after how many of its votes."""
        at, is_met = _places(self.things[:, 0], things.names)
        score, variance = np.zeros(things.names.size), np.full(things.names.size, PRIOR)
        score[is_met], variance[is_met] = self.things[at[is_met], 1:].T
        left, right = things.pairs.T
        apart = variance[left] + variance[right]
        n_seen = np.zeros(apart.size)
        at, is_met = _places(self.pairs[:, 0], things.pair_names)
        n_seen[is_met], apart[is_met] = self.pairs[at[is_met], 1:].T
        return Margins(score[left] - score[right], apart), n_seen


def _places(known: Floats, names: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each name is among the known ones, and whether it is."""
    if not known.size:
        return np.zeros(names.size, dtype=np.intp), np.zeros(names.size, dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, names), known.size - 1)
    return at, known[at] == names


def _pair(field: dict[str, Any], payload: Any) -> tuple[str, str] | None:
    """What tells the two things apart; None where nothing does."""
    if payload is None:
        return None
    left, right = (_identity(pointers.found(payload, field[side])) for side in SIDES)
    return None if left == right else (left, right)


def _identity(thing: Any) -> str:
    """Canonical JSON: of an object that has an id, of the id alone."""
    if isinstance(thing, dict) and thing.get("id") is not None:
        thing = {"id": thing["id"]}
    return json.dumps(thing, sort_keys=True)


def _name(identity: Any) -> int:
    """A number that no two identities share but by an accident of one in 2**52."""
    digest = hashlib.sha256(json.dumps(identity).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - NAME_BITS)

"""One set with bad workers of one kind: who scores how, and who is flagged."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import sets
from benchmarks.fraud import injection, separation
from benchmarks.fraud.separation import Floats, Mask
from benchmarks.peers.client import Failed, Peers
from benchmarks.sets import AnswerSet
from quality.core.categorical import Default
from quality.core.fraud import Question, copying, drift, low_information
from quality.core.votes import Votes

SCORES = {"low_information": low_information, "drift": drift, "copying": copying}
PEERS = ("Wawa skill", "MACE skill", "DawidSkene skill")
LEAST_ANSWERS = 5
ANY = "any"


@dataclass(frozen=True)
class Trial:
    """What came out; a peer that failed has no entry.

    auc, found: by score or peer, of the bad workers against the honest
    flagged: by score, and by any of them: how many of the bad, the honest and the naturally poor
    n_bad, n_honest, n_poor: how many there are of each
    """

    kind: str
    auc: dict[str, float]
    found: dict[str, float]
    flagged: dict[str, tuple[int, int, int]]
    n_bad: int
    n_honest: int
    n_poor: int


def trial(of: AnswerSet, kind: str, seed: int, peers: Peers | None) -> Trial:
    """Put bad workers among those of the set, and look for them."""
    coded = sets.classes(of)
    crowd = injection.mixed(of, coded, kind, seed)
    votes = crowd.votes
    n_more = votes.n_workers - crowd.n_real
    honest, poor = (
        np.append(mask, np.zeros(n_more, dtype=bool))
        for mask in separation.honest_and_poor(of, coded)
    )
    bad = np.bincount(votes.worker, minlength=votes.n_workers) >= LEAST_ANSWERS
    bad[: crowd.n_real] = False
    question = Question(votes, Default().fit(votes).posterior_, crowd.when.astype(np.float64))
    results = {name: score([question]) for name, score in SCORES.items()}
    scores = {name: result.score for name, result in results.items()}
    if peers is not None:
        scores |= _peers(votes, peers)
    flags: dict[str, Mask] = {name: result.is_flagged for name, result in results.items()}
    flags[ANY] = np.any(list(flags.values()), axis=0)
    return Trial(
        kind,
        {name: separation.auc(score[bad], score[honest]) for name, score in scores.items()},
        {name: separation.found(score[bad], score[honest]) for name, score in scores.items()},
        {
            name: tuple(int(flag[group].sum()) for group in (bad, honest, poor))
            for name, flag in flags.items()
        },
        *(int(group.sum()) for group in (bad, honest, poor)),
    )


def _peers(votes: Votes, peers: Peers) -> dict[str, Floats]:
    """What each peer makes of the workers, the worse the higher."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "votes.npz", Path(folder) / "out.npy"
        columns = {name: getattr(votes, name) for name in ("task", "worker", "label", "n_workers")}
        np.savez(data, **columns)
        for name in PEERS:
            try:
                peers.run(name, data, out)
            except Failed:
                continue
            skill = np.load(out)
            found[name] = -np.where(np.isfinite(skill), skill, np.nanmean(skill))
    return found

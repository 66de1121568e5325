"""`make peer-values`: record in tests/core/peer_values.json what crowd-kit says of small crowds.

Runs in the peers' environment.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import crowdkit.aggregation as peers
import numpy as np
import pandas as pd
from crowdkit.metrics.data import alpha_krippendorff

SEED = 20261124
N_TASKS, N_WORKERS = 60, 12
ROUNDS = (1, 20)
# Finer than any tolerance the values are held to.
DECIMALS = 13
# No value of loss improves by less than this, so that the rounds asked for are the rounds run.
NEVER_DONE = -1.0


def main(target: Path) -> None:
    rng = np.random.default_rng(SEED)
    crowds = [_recorded(_a_crowd(rng, n_labels), n_labels) for n_labels in (2, 3, 5)]
    lines = ",\n".join(_written(crowd) for crowd in crowds)
    target.write_text(f'{{"note": {json.dumps(_note())},\n"crowds": [\n{lines}\n]}}\n')


def _note() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("crowd-kit", "nltk", "pandas"))
    return (
        f"Recorded by benchmarks/record_peers.py with {versions}, seed {SEED}. Posteriors are "
        "[task][label], skills [worker]; the keys under posterior_after are rounds (n_iter)."
    )


def _a_crowd(rng: np.random.Generator, n_labels: int) -> pd.DataFrame:
    """Workers from good to poor, tasks with one to seven answers, no task's vote tied."""
    accuracy = np.linspace(0.4, 0.95, N_WORKERS)
    rows = []
    for task in range(N_TASKS):
        truth = task % n_labels
        while True:
            said = _answers(rng, truth, accuracy, n_labels)
            votes = np.sort(np.bincount([label for _, label in said], minlength=n_labels))
            if votes[-1] > votes[-2]:
                break
        rows += [(task, worker, label) for worker, label in said]
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


def _answers(
    rng: np.random.Generator, truth: int, accuracy: np.ndarray, n_labels: int
) -> list[tuple[int, int]]:
    workers = rng.choice(accuracy.size, size=rng.integers(1, 8), replace=False)
    is_right = rng.random(workers.size) < accuracy[workers]
    # Errors lean to the next label, so that the confusions have a shape to find.
    slips = 1 + np.minimum(rng.geometric(0.6, workers.size) - 1, n_labels - 2)
    said = np.where(is_right, truth, (truth + slips) % n_labels)
    return list(zip(workers.tolist(), said.tolist(), strict=True))


def _recorded(crowd: pd.DataFrame, n_labels: int) -> dict[str, object]:
    assert sorted(crowd.label.unique()) == list(range(n_labels))  # noqa: S101 -- else K differs
    return {
        "n_tasks": N_TASKS,
        "n_workers": N_WORKERS,
        "n_labels": n_labels,
        **{column: crowd[column].tolist() for column in crowd},
        "MajorityVote": {"posterior": _posterior(peers.MajorityVote().fit(crowd))},
        "Wawa": _weighted(peers.Wawa().fit(crowd), crowd),
        "ZeroBasedSkill": _weighted(peers.ZeroBasedSkill().fit(crowd), crowd),
        "OneCoinDawidSkene": {"posterior_after": _after(peers.OneCoinDawidSkene, crowd)},
        "DawidSkene": {"posterior_after": _after(peers.DawidSkene, crowd)},
        "alpha_krippendorff": alpha_krippendorff(crowd),
    }


def _weighted(fitted: object, crowd: pd.DataFrame) -> dict[str, object]:
    fitted.predict(crowd)
    skill = fitted.skills_.sort_index().round(DECIMALS).tolist()
    return {"skill": skill, "posterior": _posterior(fitted)}


def _after(model: type, crowd: pd.DataFrame) -> dict[str, object]:
    found = {}
    for n_rounds in ROUNDS:
        fitted = model(n_iter=n_rounds, tol=NEVER_DONE).fit(crowd)
        assert len(fitted.loss_history_) == n_rounds  # noqa: S101 -- else it stopped early
        found[str(n_rounds)] = _posterior(fitted)
    return found


def _posterior(fitted: object) -> list[list[float]]:
    probas = fitted.probas_.sort_index(axis=0).sort_index(axis=1)
    return probas.to_numpy().round(DECIMALS).tolist()


def _written(crowd: dict[str, object]) -> str:
    entries = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in crowd.items())
    return "{" + ",\n ".join(entries) + "}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))

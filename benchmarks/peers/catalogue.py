"""The peers' aggregators, with their own defaults."""

from collections.abc import Callable
from typing import Any

import crowdkit.aggregation as crowdkit
import numpy as np
import pandas as pd

ROVER = "ROVER"
ROVER_ON_NORMALISED = "ROVER, normalised"


def _probabilities(fitted: Any, data: pd.DataFrame) -> pd.DataFrame:
    return fitted.probas_


def _predicted(fitted: Any, data: pd.DataFrame) -> pd.DataFrame:
    return fitted.predict_proba(data)


def _labels_only(fitted: Any, data: pd.DataFrame) -> pd.Series:
    return fitted.labels_


def _predicted_labels(fitted: Any, data: pd.DataFrame) -> pd.Series:
    return fitted.predict(data)


class InOrder(crowdkit.MACE):
    """MACE 1.4.2 takes workers and labels in order of first appearance for those in sorted order.

    Numbered by first appearance the two orders are the same, and it does what it is meant to do.
    """

    def fit(self, data: pd.DataFrame) -> "InOrder":
        worker, self.workers_ = pd.factorize(data["worker"])
        label, labels = pd.factorize(data["label"])
        super().fit(data.assign(worker=worker, label=label))
        self.probas_ = self.probas_.rename(columns=dict(enumerate(labels)))
        return self


Read = Callable[[Any, pd.DataFrame], pd.DataFrame | pd.Series]
# In the order of the tables: how it is made, and how its outcome is read.
CATEGORICAL: dict[str, tuple[Callable[[], Any], Read]] = {
    "MajorityVote": (crowdkit.MajorityVote, _probabilities),
    "Wawa": (crowdkit.Wawa, _predicted),
    "ZeroBasedSkill": (crowdkit.ZeroBasedSkill, _predicted),
    "OneCoinDawidSkene": (crowdkit.OneCoinDawidSkene, _probabilities),
    "DawidSkene": (crowdkit.DawidSkene, _probabilities),
    "GLAD": (crowdkit.GLAD, _probabilities),
    "MACE": (InOrder, _probabilities),
    "MMSR": (crowdkit.MMSR, _predicted_labels),
    "KOS": (crowdkit.KOS, _labels_only),
}


def categorical(name: str, data: pd.DataFrame, n_tasks: int, n_labels: int) -> np.ndarray:
    """The peer's posterior, (n_tasks, n_labels), or its labels, (n_tasks,)."""
    make, read = CATEGORICAL[name]
    outcome = read(make().fit(data), data)
    if isinstance(outcome, pd.Series):
        return outcome.reindex(range(n_tasks)).to_numpy()
    return outcome.reindex(index=range(n_tasks), columns=range(n_labels), fill_value=0.0).to_numpy()


def _mace_competence(fitted: Any) -> pd.Series:
    return pd.Series(1.0 - fitted.spamming_[:, 0], index=fitted.workers_)


def _dawid_skene_accuracy(fitted: Any) -> pd.Series:
    of_worker = fitted.errors_.groupby(level="worker")
    return of_worker.apply(lambda errors: _right(errors.droplevel("worker"), fitted.priors_))


def _right(errors: pd.DataFrame, priors: pd.Series) -> float:
    """How often a worker with these errors, [said, true], is right."""
    return sum(share * errors[label].get(label, 0.0) for label, share in priors.items())


def _wawa_skill(fitted: Any) -> pd.Series:
    return fitted.skills_


# What each makes of a worker; higher is better.
SKILLS: dict[str, tuple[Callable[[], Any], Callable[[Any], pd.Series]]] = {
    "Wawa skill": (crowdkit.Wawa, _wawa_skill),
    "MACE skill": (InOrder, _mace_competence),
    "DawidSkene skill": (crowdkit.DawidSkene, _dawid_skene_accuracy),
}


def skills(name: str, data: pd.DataFrame, n_workers: int) -> np.ndarray:
    """The peer's opinion of each worker, (n_workers,); nan without answers."""
    make, read = SKILLS[name]
    return read(make().fit(data)).reindex(range(n_workers)).to_numpy()


def rover(texts: pd.DataFrame) -> dict[int, str]:
    """One text per task."""
    model = crowdkit.ROVER(lambda text: text.lower().split(), " ".join)
    return model.fit_predict(texts).to_dict()

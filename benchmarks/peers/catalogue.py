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
        worker, _ = pd.factorize(data["worker"])
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


def rover(texts: pd.DataFrame) -> dict[int, str]:
    """One text per task."""
    model = crowdkit.ROVER(lambda text: text.lower().split(), " ".join)
    return model.fit_predict(texts).to_dict()

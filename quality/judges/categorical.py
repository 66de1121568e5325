"""One label of several; of ordered labels the posterior median."""

from typing import Any

import numpy as np

from quality.core import ordinal, posterior_median
from quality.core.categorical import (
    Default,
    Inference,
    Majority,
    Model,
    Threshold,
    confusions,
    infer,
    model_of,
    threshold,
)
from quality.core.votes import Codes, Floats, Votes
from quality.judges import packing
from quality.judges.verdict import (
    FieldVotes,
    Fitted,
    Learned,
    Opinion,
    Verdict,
    distribution,
    rounded,
    shares,
)
from tasks_app.forms import Field

# Probabilities closer than this are a tie, which goes to the label that the form names first.
TIE = 9
# The models of Default, each with its counts in a worker's row.
N_MEMBERS = 3


class Choice:
    """The most probable label by the aggregator that the field names.

    "default" states the averaged posterior and stops by its hierarchical member's; "hierarchical"
    does both by the latter, "majority" both by smoothed vote shares.
    """

    stops_by_target = True
    version = "1"

    def called(self, field: Field) -> tuple[str, str]:
        """See Judge."""
        return _aggregator(field), self.version

    def fit(self, votes: FieldVotes, *, target: float, least: int) -> Fitted:
        """See Judge; the model is Default's, whatever is stated of it."""
        fitted, learned = self._learned(votes)
        posteriors = fitted.posterior_, fitted.stop_posterior_
        stop = None
        if _aggregator(votes.field) != "majority":
            stop = threshold(fitted, target, least=least)
        opinion = self._opinion(votes, *posteriors)
        return Fitted(learned, opinion, stop, _parameters(fitted, stop))

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Errs as the population does."""
        return packing.newcomer(N_MEMBERS)

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """See Judge."""
        inference = self._inferred(votes, learned)
        return self._opinion(votes, inference.posterior, inference.stop_posterior)

    def _learned(self, votes: FieldVotes) -> tuple[Default, Learned]:
        fitted = Default().fit(_votes(votes), gold=_gold(votes))
        return fitted, Learned(*packing.packed([model_of(fitted)]))

    def _inferred(self, votes: FieldVotes, learned: Learned) -> Inference:
        return infer(_votes(votes), _model(votes, learned), gold=_gold(votes))

    def _opinion(self, votes: FieldVotes, posterior: Floats, stop: Floats) -> Opinion:
        labels, coded = votes.field["labels"], _votes(votes)
        if _aggregator(votes.field) == "hierarchical":
            posterior = stop
        elif _aggregator(votes.field) == "majority":
            posterior = stop = Majority().fit(coded, gold=_gold(votes)).posterior_
        chosen = self._chosen(posterior)
        share = shares(votes, coded.label == chosen[coded.task])
        verdicts = [
            Verdict(
                value=labels[code],
                confidence=rounded(row[code]),
                stop_posterior=rounded(until[code]),
                share=share[task],
                distribution=distribution(labels, row),
            )
            for task, (code, row, until) in enumerate(
                zip(chosen.tolist(), posterior, stop, strict=True)
            )
        ]
        # The averaged posterior is never sure, which would hide how poor a poor worker is.
        return Opinion(verdicts, np.clip(stop[coded.task, coded.label], 0.0, 1.0))

    def _chosen(self, posterior: Floats) -> Codes:
        chosen: Codes = posterior.round(TIE).argmax(axis=1)
        return chosen


class Ordinal(Choice):
    """The posterior median label; "default" hears a latent scale where votes follow one."""

    def called(self, field: Field) -> tuple[str, str]:
        """See Judge."""
        return f"{_aggregator(field)}_median", self.version

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Errs as the population does, and lies on the scale as it does."""
        return np.concatenate([packing.newcomer(N_MEMBERS), packing.scale_of_all(population)])

    def _learned(self, votes: FieldVotes) -> tuple[Default, Learned]:
        fitted = ordinal.OrdinalDefault().fit(_votes(votes), gold=_gold(votes))
        return fitted, Learned(*packing.packed_ordinal(ordinal.ordinal_model_of(fitted)))

    def _inferred(self, votes: FieldVotes, learned: Learned) -> Inference:
        n_labels = len(votes.field["labels"])
        model = packing.unpacked_ordinal(learned.population, learned.workers, n_labels)
        return ordinal.infer(_votes(votes), model, gold=_gold(votes))

    def _chosen(self, posterior: Floats) -> Codes:
        return posterior_median(posterior)


def label_confusion(field: Field, population: Floats, worker: Floats) -> tuple[list[str], Floats]:
    """How a worker errs, from stored parameters: labels, and (n_labels, n_labels) [true, said]."""
    n_labels = len(field["labels"])
    if field["type"] == "ordinal":
        model = packing.unpacked_ordinal(population, [worker], n_labels).labels
    else:
        model = packing.unpacked(population, [worker], [n_labels])[0]
    return [field["labels"][code] for code in model.labels.tolist()], confusions(model)[0]


def _aggregator(field: Field) -> str:
    name: str = field.get("aggregator", "default")
    return name


def _parameters(fitted: Default, stop: Threshold | None) -> dict[str, Any]:
    told: dict[str, Any] = {"correlations": fitted.correlations_.tolist()}
    return told if stop is None else told | {"stop_basis": stop.basis}


def _votes(votes: FieldVotes) -> Votes:
    return Votes(
        votes.task,
        votes.worker,
        votes.values,
        votes.n_tasks,
        votes.n_workers,
        len(votes.field["labels"]),
    )


def _gold(votes: FieldVotes) -> Codes:
    code = {label: i for i, label in enumerate(votes.field["labels"])}
    return np.array([-1 if known is None else code[known] for known in votes.gold], dtype=np.int64)


def _model(votes: FieldVotes, learned: Learned) -> Model:
    n_labels = len(votes.field["labels"])
    return packing.unpacked(learned.population, learned.workers, [n_labels])[0]

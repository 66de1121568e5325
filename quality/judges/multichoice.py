"""Any number of labels: each label in or out, and labels for each other."""

import numpy as np

from quality.core.association import Association
from quality.core.categorical import Threshold, threshold
from quality.core.multichoice import (
    MultiChoice,
    SetInference,
    SetModel,
    SetVotes,
    infer,
    set_model_of,
)
from quality.core.votes import Codes, Floats
from quality.judges import packing
from quality.judges.verdict import FieldVotes, Fitted, Learned, Opinion, Verdict, rounded, shares
from tasks_app.forms import Field

# The models of Default, each with its counts in a worker's row, for every label.
N_MEMBERS = 3
# Probabilities closer than this are a tie, and the label is in.
TIE = 9


class Sets:
    """The set of labels that are more likely in than out."""

    name = "default_per_label"
    version = "1"
    stops_by_target = True

    def called(self, field: Field) -> tuple[str, str]:
        """See Judge."""
        return self.name, self.version

    def fit(self, votes: FieldVotes, *, target: float, least: int) -> Fitted:
        """See Judge; the population also holds how labels go together."""
        fitted = MultiChoice().fit(_votes(votes), gold=_gold(votes))
        model = set_model_of(fitted)
        population, workers = packing.packed(model.labels)
        how = model.association
        together = np.concatenate([[how.trust], how.centre, how.base, how.weights.ravel()])
        inference = SetInference(fitted.posterior_, fitted.stop_posterior_)
        return Fitted(
            Learned(np.concatenate([together, population]), workers),
            _opinion(votes, inference),
            threshold=_threshold(fitted, target, least),
            parameters={"association": rounded(how.trust)},
        )

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Errs as the population does."""
        return packing.newcomer(N_MEMBERS * len(votes.field["labels"]))

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """See Judge."""
        model = _model(len(votes.field["labels"]), learned)
        return _opinion(votes, infer(_votes(votes), model, gold=_gold(votes)))


def _threshold(fitted: MultiChoice, target: float, least: int) -> Threshold:
    """That of the label that needs the highest: a set stops when all its labels may."""
    found = [threshold(member, target, least=least) for member in fitted.members_]
    return max(found, key=lambda of_label: of_label.tau)


def _opinion(votes: FieldVotes, inference: SetInference) -> Opinion:
    """The set of each task, and how likely each vote is the right set."""
    labels, coded = votes.field["labels"], _votes(votes)
    posterior = inference.posterior
    chosen = posterior.round(TIE) >= 0.5
    sure = np.where(chosen, posterior, 1.0 - posterior).prod(axis=1)
    settled = np.where(chosen, inference.stop_posterior, 1.0 - inference.stop_posterior)
    share = shares(votes, (coded.chosen == chosen[coded.task]).all(axis=1))
    verdicts = [
        Verdict(
            value=[label for label, is_in in zip(labels, chosen[task], strict=True) if is_in],
            confidence=rounded(sure[task]),
            stop_posterior=rounded(settled[task].min()),
            share=share[task],
            distribution={
                label: rounded(p) for label, p in zip(labels, posterior[task], strict=True)
            },
        )
        for task in range(votes.n_tasks)
    ]
    told = posterior[coded.task]
    right = np.where(coded.chosen, told, 1.0 - told).prod(axis=1)
    return Opinion(verdicts, np.clip(right, 0.0, 1.0))


def _votes(votes: FieldVotes) -> SetVotes:
    labels = votes.field["labels"]
    chosen = np.zeros((len(votes.values), len(labels)), dtype=np.bool_)
    code = {label: i for i, label in enumerate(labels)}
    for row, value in enumerate(votes.values):
        chosen[row, [code[label] for label in value]] = True
    return SetVotes(votes.task, votes.worker, chosen, votes.n_tasks, votes.n_workers)


def _gold(votes: FieldVotes) -> Codes:
    labels = votes.field["labels"]
    gold = np.full((votes.n_tasks, len(labels)), -1, dtype=np.int64)
    for task, known in enumerate(votes.gold):
        if known is not None:
            gold[task] = [label in known for label in labels]
    return gold


def _model(n_labels: int, learned: Learned) -> SetModel:
    n_each = [1, n_labels, n_labels, n_labels**2]
    trust, centre, base, weights, population = np.split(learned.population, np.cumsum(n_each))
    association = Association(centre, base, weights.reshape(n_labels, n_labels), float(trust[0]))
    models = packing.unpacked(population, learned.workers, [2] * n_labels)
    return SetModel(tuple(models), association)

"""Any number of labels: each label in or out by its own Dawid-Skene."""

import numpy as np

from quality.core import Confusions, MultiChoice, SetVotes, infer_sets
from quality.core.votes import Codes, Floats
from quality.judges.verdict import FieldVotes, Learned, Verdict, rounded, shares

# A label's model: two of the prior, four of the pooled confusion; a worker has four.
_PRIOR, _CELLS = 2, 4


class Sets:
    """The set of labels that are more likely in than out."""

    name = "dawid_skene_per_label"
    version = "1"
    stops_by_target = True

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: prior and pooled confusion of each label; worker: confusion of each."""
        models = MultiChoice().fit(_votes(votes), gold=_gold(votes)).model_
        return Learned(
            np.concatenate([np.concatenate([m.prior, m.pooled.ravel()]) for m in models]),
            np.concatenate([m.confusion.reshape(votes.n_workers, _CELLS) for m in models], axis=1),
        )

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Errs as the population does."""
        return population.reshape(-1, _PRIOR + _CELLS)[:, _PRIOR:].ravel()

    def judge(self, votes: FieldVotes, learned: Learned) -> tuple[list[Verdict], Floats]:
        """The set of each task, and how likely each vote is the right set."""
        labels = votes.field["labels"]
        coded = _votes(votes)
        posterior = infer_sets(coded, _model(learned))
        gold = _gold(votes)
        posterior[gold >= 0] = gold[gold >= 0]
        chosen = posterior.round(9) >= 0.5
        surest = np.maximum(posterior, 1 - posterior)
        share = shares(votes, (coded.chosen == chosen[coded.task]).all(axis=1))
        verdicts = [
            Verdict(
                value=[label for label, is_in in zip(labels, chosen[task], strict=True) if is_in],
                confidence=rounded(surest[task].prod()),
                stop_posterior=rounded(surest[task].min()),
                share=share[task],
                distribution={
                    label: rounded(p) for label, p in zip(labels, posterior[task], strict=True)
                },
            )
            for task in range(votes.n_tasks)
        ]
        told = posterior[coded.task]
        right = np.where(coded.chosen, told, 1 - told).prod(axis=1)
        return verdicts, np.clip(right, 0.0, 1.0)


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


def _model(learned: Learned) -> tuple[Confusions, ...]:
    populations = learned.population.reshape(-1, _PRIOR + _CELLS)
    return tuple(
        Confusions(
            prior=population[:_PRIOR],
            pooled=population[_PRIOR:].reshape(2, 2),
            confusion=learned.workers[:, label * _CELLS : (label + 1) * _CELLS].reshape(-1, 2, 2),
        )
        for label, population in enumerate(populations)
    )

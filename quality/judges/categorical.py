"""One label of several: Dawid-Skene; of ordered labels the posterior median."""

import numpy as np

from quality.core import Confusions, DawidSkene, Votes, infer, posterior_median
from quality.core.votes import Codes, Floats
from quality.judges.verdict import FieldVotes, Learned, Verdict, distribution, rounded, shares

# Probabilities closer than this are a tie, which goes to the label that the form names first.
TIE = 9


class Choice:
    """The most probable label."""

    name = "dawid_skene"
    version = "1"
    stops_by_target = True

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: the prior and the pooled confusion; worker: the own confusion."""
        coded = _votes(votes)
        model = DawidSkene().fit(coded, gold=_gold(votes)).model_
        return Learned(
            np.concatenate([model.prior, model.pooled.ravel()]),
            model.confusion.reshape(votes.n_workers, -1),
        )

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Errs as the population does."""
        return population[len(votes.field["labels"]) :]

    def judge(self, votes: FieldVotes, learned: Learned) -> tuple[list[Verdict], Floats]:
        """The label of each task, and how likely each vote is right."""
        labels = votes.field["labels"]
        coded = _votes(votes)
        posterior = infer(coded, _model(learned, len(labels)))
        gold = _gold(votes)
        known = gold >= 0
        posterior[known] = np.eye(len(labels))[gold[known]]
        chosen = self._chosen(posterior)
        share = shares(votes, coded.label == chosen[coded.task])
        verdicts = [
            Verdict(
                value=labels[code],
                confidence=rounded(row[code]),
                stop_posterior=rounded(row[code]),
                share=share[task],
                distribution=distribution(labels, row),
            )
            for task, (code, row) in enumerate(zip(chosen.tolist(), posterior, strict=True))
        ]
        return verdicts, np.clip(posterior[coded.task, coded.label], 0.0, 1.0)

    def _chosen(self, posterior: Floats) -> Codes:
        chosen: Codes = posterior.round(TIE).argmax(axis=1)
        return chosen


class Ordinal(Choice):
    """The posterior median label."""

    name = "dawid_skene_median"

    def _chosen(self, posterior: Floats) -> Codes:
        return posterior_median(posterior)


def _votes(votes: FieldVotes) -> Votes:
    code = {label: i for i, label in enumerate(votes.field["labels"])}
    label = np.fromiter((code[v] for v in votes.values), dtype=np.int64, count=len(votes.values))
    return Votes(votes.task, votes.worker, label, votes.n_tasks, votes.n_workers, len(code))


def _gold(votes: FieldVotes) -> Codes:
    code = {label: i for i, label in enumerate(votes.field["labels"])}
    return np.array([-1 if known is None else code[known] for known in votes.gold], dtype=np.int64)


def _model(learned: Learned, n_labels: int) -> Confusions:
    return Confusions(
        prior=learned.population[:n_labels],
        pooled=learned.population[n_labels:].reshape(n_labels, n_labels),
        confusion=learned.workers.reshape(-1, n_labels, n_labels),
    )

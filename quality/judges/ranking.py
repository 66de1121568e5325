"""Rankings: Plackett and Luce's model, workers by how closely they follow it."""

import numpy as np

from quality.core.orders import PlackettLuce, RankingVotes
from quality.core.votes import Floats
from quality.judges.verdict import (
    FieldVotes,
    Learned,
    Opinion,
    Stepwise,
    Verdict,
    rounded,
    shares,
)

# How closely a worker is taken to follow the scores before anything is known.
PRESUMED = 1.0


class Rankings(Stepwise):
    """The most probable order, the best first; confidence is that of the whole order.

    With `top`, what was not named is below all that was, and the value names as many.
    """

    name = "plackett_luce"
    version = "1"

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: a newcomer's concentration; worker: the own concentration."""
        fitted = PlackettLuce().fit(_Names(votes).coded())
        return Learned(np.array([PRESUMED]), list(fitted.concentration_[:, None]))

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Follows the scores as workers are presumed to."""
        return population

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """The order of each task; an answer is nearer or farther, not right or wrong."""
        names = _Names(votes)
        fitted = PlackettLuce().fit(names.coded(), concentration=learned.table[:, 0])
        top = votes.field.get("top")
        values = [
            [names.of[task][i] for i in order[:top].tolist()]
            for task, order in enumerate(fitted.consensus_)
        ]
        sure = fitted.top_confidence_ if top == 1 else fitted.confidence_
        equal = np.array(
            [
                given == values[task]
                for given, task in zip(votes.values, votes.task.tolist(), strict=True)
            ],
            dtype=np.bool_,
        )
        share = shares(votes, equal)
        verdicts = [
            Verdict(
                value=value,
                confidence=rounded(sure[task]),
                stop_posterior=rounded(sure[task]),
                share=share[task],
            )
            for task, value in enumerate(values)
        ]
        return Opinion(verdicts, None)


class _Names:
    """What is ranked on each task: the field's labels, or else what any answer names.

    of: for each task the names, in order of the form or the alphabet
    """

    def __init__(self, votes: FieldVotes) -> None:
        self.votes = votes
        if "labels" in votes.field:
            self.of: list[list[str]] = [votes.field["labels"]] * votes.n_tasks
            return
        named: list[set[str]] = [set() for _ in range(votes.n_tasks)]
        for task, given in zip(votes.task.tolist(), votes.values, strict=True):
            named[task].update(given)
        self.of = [sorted(names) for names in named]

    def coded(self) -> RankingVotes:
        """The rankings as the core takes them."""
        code = [{name: i for i, name in enumerate(names)} for names in self.of]
        ranking = tuple(
            tuple(code[task][name] for name in given)
            for task, given in zip(self.votes.task.tolist(), self.votes.values, strict=True)
        )
        n_items = np.array([len(names) for names in self.of], dtype=np.int64)
        return RankingVotes(
            self.votes.task, self.votes.worker, ranking, n_items, self.votes.n_workers
        )

"""What a task's other votes say of it, when one worker's or a pair's own are left out."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from quality.core.categorical import Hierarchical
from quality.core.categorical.engine.errors import population_rows
from quality.core.categorical.engine.leave_out import chunks, log_rates, summed
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import row_counts
from quality.core.categorical.engine.tempering import best_correlation, predictive
from quality.core.categorical.resembling.kind import drawn_rows
from quality.core.fraud.questions import Question
from quality.core.votes import Codes, Floats

# How strongly workers resemble each other is learned in so many rounds.
LEARNING = 10
# Probabilities handled at once.
STRIP = 262_144


class Others:
    """The votes of one question, and beliefs of the truth that some of them had no part in.

    Workers are judged by the posterior given, each task by rates that its own votes did not teach.
    A belief is raised to the power under which the votes predict each other best. Labels are the
    panel's: those that somebody gave, and all others as one.

    task, worker, label: (n_votes,) in order of task, then worker; tasks are the voted ones
    is_shared: (n_votes,) whether the task has other votes
    marginal: (n_labels,) the share of each label among the votes
    typical: (n_labels, n_labels) how all workers together answer, [true, said]
    """

    def __init__(self, question: Question) -> None:
        panel = Panel(replace(question.votes, weight=None), gold=question.gold)
        first = panel.clamped(panel.compressed(question.posterior))
        member = Hierarchical(max_rounds=LEARNING, n_learning=LEARNING)
        member.fit_panel(panel, first)
        rates = member.rates_of(panel, first)
        told = predictive(panel, rates, first, member.log_prior_)
        self.correlation = best_correlation(told)
        self.n_labels, self.n_workers = panel.n_labels, panel.n_workers
        self.marginal, self.typical = member.pool_.marginal, population_rows(member.pool_.votes)
        ((_, block),) = panel
        self.label, self.worker = block.label, panel.row_worker[block.rows]
        self.starts, self.sizes = block.starts, block.sizes
        self.task = np.repeat(np.arange(block.n_tasks), block.sizes)
        self.is_shared = self.sizes[self.task] > 1
        self._logs = np.empty((self.n_labels, self.task.size))
        self._evidence = np.empty((self.n_labels, block.n_tasks))
        for tasks, votes in chunks(block):
            self._logs[:, votes] = log_rates(rates, block, tasks, votes, first)
            self._evidence[:, tasks] = summed(block, tasks, votes, self._logs[:, votes])
        self._evidence += member.log_prior_[:, None]
        self._errors = _Errors(panel, member, first)
        self._known = np.full(block.n_tasks, -1)
        self._known[block.known] = block.known_labels

    def strips(self) -> Iterator[slice]:
        """All votes, some at a time."""
        step = max(STRIP // self.n_labels, 1)
        for first in range(0, self.task.size, step):
            yield slice(first, min(first + step, self.task.size))

    def without_one(self, votes: slice | Codes) -> Floats:
        """Beliefs of the truth of these votes' tasks without the vote, (n_labels, n)."""
        task = self.task[votes]
        left = self._evidence[:, task] - self._logs[:, votes]
        return self._believed(left, task, n_left_out=1)

    def without_two(self, one: Codes, other: Codes) -> Floats:
        """As without_one, of two votes on each of some tasks, (n_labels, n)."""
        task = self.task[one]
        left = self._evidence[:, task]
        left -= self._logs[:, one]
        left -= self._logs[:, other]
        return self._believed(left, task, n_left_out=2)

    def own_errors(self, worker: Codes, label: Codes) -> Floats:
        """The chances of these workers to say these labels given each truth, (n_labels, n)."""
        return self._errors.of(worker, label)

    def _believed(self, evidence: Floats, task: Codes, n_left_out: int) -> Floats:
        beside = np.maximum(self.sizes[task] - n_left_out - 1.0, 0.0)
        evidence /= 1.0 + self.correlation * beside
        evidence -= evidence.max(axis=0)
        np.exp(evidence, out=evidence)
        evidence /= evidence.sum(axis=0)
        known = np.flatnonzero(self._known[task] >= 0)
        evidence[:, known] = 0.0
        evidence[self._known[task[known]], known] = 1.0
        return evidence


class _Errors:
    """The workers' own confusion rows, drawn to what all have in common, also where none fell."""

    def __init__(self, panel: Panel, member: Hierarchical, posterior: Floats) -> None:
        pool, counts = member.pool_, row_counts(panel, posterior)
        self._n_labels, self._mistakes = panel.n_labels, pool.mistakes
        self._strength = pool.strength
        # The last line stands for rows that do not occur.
        self._votes = np.append(counts.votes, np.zeros((1, panel.n_labels)), axis=0)
        self._row = np.full(panel.n_workers * panel.n_labels, panel.n_rows)
        self._row[panel.row_worker * panel.n_labels + panel.row_label] = np.arange(panel.n_rows)
        self._totals = np.zeros((panel.n_workers, panel.n_labels))
        self._totals[panel.present] = counts.totals
        self._accuracy = np.full(panel.n_workers, pool.accuracy)
        self._accuracy[panel.present] = pool.accuracies(counts)

    def of(self, worker: Codes, label: Codes) -> Floats:
        means = drawn_rows(self._accuracy[worker], self._mistakes, label)
        means *= self._strength
        means += self._votes[self._row[worker * self._n_labels + label]]
        means /= self._totals[worker] + self._strength
        return means.T

"""Labels as steps of a scale: a worker may lean to one end, and is rarely off by much."""

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
from scipy import special

from quality.core.categorical.aggregator import Aggregator, class_shares, shares
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.predictions import Predictions
from quality.core.categorical.engine.rates import TableRates
from quality.core.categorical.engine.tempering import predictive
from quality.core.votes import Codes, Floats, Votes

# A share that falls short by rounding alone is reached.
ROUNDING = 1e-12
# The biases and scales that a worker may have, in steps of the scale of labels.
N_BIASES, N_SCALES = 9, 9
LEAST_SCALE = 0.2
# How often a worker may say anything at all.
LAPSES = 0.01
# The first guess of how common each bias and scale is counts for so many workers.
PRESUMED_WORKERS = 1.0
# Tables over every label, true and said, would not fit in memory beyond this.
MOST_LABELS = 200
# One task more is presumed, spread over all labels.
PRESUMED_TASKS = 1.0


class LatentScale(Aggregator):
    """Labels are steps of a scale: a worker's answer is the truth, moved, blurred and rounded.

    Of a true label k a worker says y with probability F((y + 1/2 - k - b) / s) less the same of
    y - 1/2, F being the normal distribution and the ends open; bias b and scale s are the worker's
    own. They lie on a grid whose population is learned from all workers, and a worker's rows are
    the mean over the grid (empirical Bayes). Labels that nobody gave keep their place on the
    scale. Source: Lakshminarayanan & Teh (2013), "Inferring Ground Truth from Multi-annotator
    Ordinal Data: A Probabilistic Approach".

    Parameters
    ----------
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.

    Attributes, once fitted
    -----------------------
    bias_, scale_ : (n_workers,), the means of what is believed of each, in steps of the scale.
    bias_interval_, scale_interval_ : (n_workers, 2), central 95 % credible intervals on the grid.
    population_ : (n_cells,), how common each bias and scale is.
    held_ : (n_workers + n_models, n_cells), what is believed of each.
    """

    bias_: Floats
    scale_: Floats
    bias_interval_: Floats
    scale_interval_: Floats
    population_: Floats
    held_: Floats

    def __init__(self, *, max_rounds: int = 100, tol: float = 1e-6) -> None:
        if max_rounds < 1:
            raise ValueError("max_rounds must be positive")
        self.max_rounds = max_rounds
        self.tol = tol

    def fit(
        self,
        votes: Votes | Sequence[Votes],
        *,
        gold: Codes | None = None,
        prior: Floats | None = None,
        predictions: Predictions | None = None,
        start: Floats | None = None,
    ) -> Self:
        """See Aggregator; the codes are in the labels' order, at most MOST_LABELS of them."""
        panel = ordered(votes, gold=gold, prior=prior, predictions=predictions)
        first = shares(panel) if start is None else panel.compressed(start)
        self.fit_panel(panel, panel.clamped(first))
        return self

    @cached_property
    def loo_(self) -> float:
        """See Aggregator; of the model's own rows."""
        return float(predictive(self.panel_, self.rates(), self.voted_, self.log_prior_, (0.0,))[0])

    def rates(self) -> TableRates:
        """How likely each row is given each truth."""
        return TableRates(self._table)

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        self.__dict__.pop("loo_", None)
        if panel.n_declared > MOST_LABELS:
            raise ValueError(f"a latent scale has at most {MOST_LABELS} labels")
        grid = Grid(panel.n_labels)
        population, held = grid.guess, np.zeros((0, grid.guess.size))
        self.log_prior_ = class_shares(panel, first, PRESUMED_TASKS)

        def step(posterior: Floats) -> tuple[Floats, None]:
            nonlocal population, held
            self.log_prior_ = class_shares(panel, posterior, PRESUMED_TASKS)
            likely = grid.fits(panel, posterior)
            held = special.softmax(likely + np.log(population), axis=1)
            pooled = held.sum(axis=0) + PRESUMED_WORKERS * grid.guess
            population = pooled / pooled.sum()
            self._table = grid.table(panel, held)
            return panel.posterior(self._table, self.log_prior_)[0], None

        summit = climb(step, first, max_rounds=self.max_rounds, tol=self.tol, accelerate=False)
        self.population_ = population
        self.held_ = np.tile(population, (panel.n_workers + panel.n_models, 1))
        self.held_[panel.present] = held
        self._describe(grid, self.held_[: panel.n_workers])
        return summit

    def _describe(self, grid: "Grid", held: Floats) -> None:
        of_people = held.reshape(-1, N_BIASES, N_SCALES)
        self.bias_, self.bias_interval_ = _summary(of_people.sum(axis=2), grid.biases)
        self.scale_, self.scale_interval_ = _summary(of_people.sum(axis=1), grid.scales)


class Grid:
    """All biases with all scales, and what each cell says of answers.

    cells: (n_cells, n_labels, n_labels) log probabilities, [cell, true, said]
    guess: (n_cells,) how common each cell is before anything is learned
    """

    def __init__(self, n_labels: int) -> None:
        farthest = max(1.0, n_labels / 4)
        self.biases = np.linspace(-farthest, farthest, N_BIASES)
        self.scales = np.geomspace(LEAST_SCALE, max(2.0, float(n_labels)), N_SCALES)
        ends = np.concatenate(([-np.inf], np.arange(n_labels - 1) + 0.5, [np.inf]))
        apart = ends[None, :] - np.arange(n_labels)[:, None]
        moved = apart - self.biases[:, None, None, None]
        below = special.ndtr(moved / self.scales[:, None, None])
        said = np.diff(below, axis=3).reshape(-1, n_labels, n_labels)
        self.cells = np.log((1.0 - LAPSES) * said + LAPSES / n_labels)
        leaning = np.exp(-0.5 * (self.biases / (farthest / 2)) ** 2)
        guess = np.repeat(leaning, N_SCALES)
        self.guess = guess / guess.sum()

    def fits(self, panel: Panel, posterior: Floats) -> Floats:
        """Expected log probability of each worker's votes in each cell, (n_present, n_cells)."""
        votes = panel.tallies(posterior)
        per_row = np.empty((panel.n_rows, self.guess.size))
        for label in range(panel.n_labels):
            rows = panel.row_label == label
            per_row[rows] = votes[rows] @ self.cells[:, :, label].T
        return np.asarray(panel.by_worker(per_row))

    def table(self, panel: Panel, held: Floats) -> Floats:
        """Log of each row's mean probability over what is held of its worker's cell."""
        table = np.empty((panel.n_rows, panel.n_labels))
        said = np.exp(self.cells)
        for label in range(panel.n_labels):
            rows = panel.row_label == label
            table[rows] = held[panel.row_place[rows]] @ said[:, :, label]
        return np.log(table)


def _summary(chances: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Means and central 95 % intervals over a grid of values, (n_workers,) and (n_workers, 2)."""
    running = np.cumsum(chances, axis=1)
    ends = [(running >= level - ROUNDING).argmax(axis=1) for level in (0.025, 0.975)]
    mean = chances @ values
    low, high = (values[end] for end in ends)
    return mean, np.stack([np.minimum(low, mean), np.maximum(high, mean)], axis=1)


def ordered(
    votes: Votes | Sequence[Votes],
    *,
    gold: Codes | None,
    prior: Floats | None,
    predictions: Predictions | None,
) -> Panel:
    """A panel that keeps labels apart that nobody gave: each has its place on the scale."""
    first = votes if isinstance(votes, Votes) else votes[0]
    everything = np.arange(first.n_labels) if first.n_labels <= MOST_LABELS else None
    return Panel(votes, gold=gold, prior=prior, predictions=predictions, seen=everything)

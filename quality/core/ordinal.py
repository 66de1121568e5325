"""Labels that have an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from quality.core.categorical import Default, Inference, Model, model_of
from quality.core.categorical import infer as infer_labels
from quality.core.categorical.aggregator import shares
from quality.core.categorical.engine.climb import Summit
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.predictions import Predictions
from quality.core.categorical.engine.tempering import best_correlation, predictive, tempered
from quality.core.latent_scale import MOST_LABELS, Grid, LatentScale, ordered
from quality.core.votes import Codes, Floats, Votes

# A half that falls short by rounding alone still counts as a half.
ROUNDING = 1e-12


def posterior_median(posterior: Floats) -> Codes:
    """The smallest code with at least half the probability at or below it, (n_tasks,).

    posterior: (n_tasks, n_labels), columns in the labels' order, rows summing to 1
    """
    reached = np.cumsum(posterior, axis=1) >= 0.5 - ROUNDING
    return reached.argmax(axis=1)


class OrdinalDefault(Default):
    """Default, or the mean of it and a tempered LatentScale where labels do lie on a scale.

    They are taken to where LatentScale predicts left-out votes better than Default's own model;
    labels in name only ordered (one may stand for "cannot tell") do it harm.

    Attributes, once fitted, beside Default's
    -----------------------------------------
    latent_ : the fitted LatentScale; None if there are too many labels for one.
    latent_correlation_ : by how much it was tempered.
    on_scale_ : whether it is heard.
    """

    latent_: LatentScale | None
    latent_correlation_: float
    on_scale_: bool

    def fit(
        self,
        votes: Votes | Sequence[Votes],
        *,
        gold: Codes | None = None,
        prior: Floats | None = None,
        predictions: Predictions | None = None,
        start: Floats | None = None,
    ) -> Self:
        """See Aggregator; the codes are in the labels' order."""
        panel = ordered(votes, gold=gold, prior=prior, predictions=predictions)
        first = shares(panel) if start is None else panel.compressed(start)
        self.fit_panel(panel, panel.clamped(first))
        return self

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        start = first.copy()
        summit = super()._solve(panel, first)
        self.latent_, self.latent_correlation_, self.on_scale_ = None, 0.0, False
        if panel.n_declared > MOST_LABELS:
            return summit
        latent = self.latent_ = LatentScale()
        posterior = latent.fit_panel(panel, start)
        told = predictive(panel, latent.rates(), posterior, latent.log_prior_)
        self.latent_correlation_ = best_correlation(told)
        self.on_scale_ = bool(told.max() > self.loo_)
        if not self.on_scale_:
            return summit
        mean = (summit.posterior + tempered(panel, posterior, self.latent_correlation_)) / 2
        rounds, converged = summit.rounds + latent.rounds_, summit.converged and latent.converged_
        return Summit(mean, [], rounds, converged)


@dataclass(frozen=True, slots=True)
class Scale:
    """What a fit's LatentScale learned.

    correlation: by how much its posterior is tempered
    log_prior: (n_labels,) its class prior
    population: (n_cells,) how common each bias and scale is
    held: (n_workers, n_cells) what is believed of each worker
    """

    correlation: float
    log_prior: Floats
    population: Floats
    held: Floats


@dataclass(frozen=True, slots=True)
class OrdinalModel:
    """What a fit of OrdinalDefault learned: Default's part, and the scale if it is heard."""

    labels: Model
    scale: Scale | None


def ordinal_model_of(fitted: OrdinalDefault) -> OrdinalModel:
    """What a fitted OrdinalDefault knows, to judge further votes by."""
    latent = fitted.latent_ if fitted.on_scale_ else None
    if latent is None:
        return OrdinalModel(model_of(fitted), None)
    held = latent.held_[: latent.panel_.n_workers]
    scale = Scale(fitted.latent_correlation_, latent.log_prior_, latent.population_, held)
    return OrdinalModel(model_of(fitted), scale)


def infer(votes: Votes, model: OrdinalModel, *, gold: Codes | None = None) -> Inference:
    """Judge tasks by the votes on them, under a learned model; see categorical.infer.

    Worker codes beyond the model's are workers not met yet.
    """
    inference = infer_labels(votes, model.labels, gold=gold)
    if model.scale is None:
        return inference
    panel = ordered(votes, gold=gold, prior=None, predictions=None)
    blunt = panel.expanded(_on_scale(panel, model.scale), model.scale.log_prior)
    voted = np.isin(np.arange(votes.n_tasks), panel.voted)[:, None]
    mean = np.where(voted, (inference.posterior + blunt) / 2, inference.posterior)
    return Inference(mean, inference.stop_posterior)


def _on_scale(panel: Panel, scale: Scale) -> Floats:
    """The tempered posterior of the voted tasks under a learned scale, (n_labels, n_voted)."""
    met = panel.present < scale.held.shape[0]
    held = np.tile(scale.population, (panel.present.size, 1))
    held[met] = scale.held[panel.present[met]]
    table = Grid(panel.n_labels).table(panel, held)
    posterior, _ = panel.posterior(table, scale.log_prior)
    return tempered(panel, posterior, scale.correlation)

"""No task is judged by what its own votes taught of those who cast them."""

import numpy as np
import pytest

from quality.core.categorical.engine.leave_out import left_out
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import CoinRates, RowRates, row_counts
from tests.core.factories import a_crowd

N_LABELS = 3
STRENGTH = 4.0


def own_rows(counts):
    """Workers with rows of their own."""
    return RowRates(counts, np.full(counts.votes.shape, STRENGTH / N_LABELS), STRENGTH)


def own_accuracies(counts):
    """Workers with nothing of their own but how often they are right."""
    return CoinRates(counts, (2.0, 1.0), np.full((N_LABELS, N_LABELS), 1 / (N_LABELS - 1)))


@pytest.mark.parametrize("rates", [own_rows, own_accuracies])
def test_a_task_is_judged_as_if_its_workers_had_been_met_on_the_others_only(rates):
    votes, _ = a_crowd(accuracy=[0.9, 0.8, 0.7, 0.6, 0.5, 0.4], n_tasks=12, n_labels=N_LABELS)
    panel = Panel(votes)
    posterior = np.random.default_rng(3).dirichlet(np.ones(N_LABELS), size=panel.n_tasks).T
    log_prior = np.log([0.5, 0.3, 0.2])

    judged = left_out(panel, rates(row_counts(panel, posterior)), posterior, log_prior)

    for task in range(panel.n_tasks):
        of_others = posterior.copy()
        of_others[:, task] = 0.0
        table = rates(row_counts(panel, of_others)).whole().T
        expected, _ = panel.posterior(np.ascontiguousarray(table), log_prior)
        np.testing.assert_allclose(judged[:, task], expected[:, task], atol=1e-12)

"""Labels that have an order."""

import numpy as np

from quality.core.votes import Codes, Floats

# A half that falls short by rounding alone still counts as a half.
ROUNDING = 1e-12


def posterior_median(posterior: Floats) -> Codes:
    """The smallest code with at least half the probability at or below it, (n_tasks,).

    posterior: (n_tasks, n_labels), columns in the labels' order, rows summing to 1
    """
    reached = np.cumsum(posterior, axis=1) >= 0.5 - ROUNDING
    return reached.argmax(axis=1)

"""How alike workers are: the strength of what they share, learned from all of them."""

import numpy as np
from scipy import special

from quality.core.votes import Floats

WEAKEST, STRONGEST = 0.1, 1000.0
# Expected counts below this are no evidence of how workers differ.
NEGLIGIBLE = 1e-9


def dirichlet_strength(counts: Floats, means: Floats, totals: Floats, strength: float) -> float:
    """One step towards the likeliest total of Dirichlet pseudo-counts with the given means.

    counts, means: any shape, entry by entry; totals: the sum of counts of each row
    Source: Minka (2000), "Estimating a Dirichlet distribution", equation 65.
    """
    seen = counts > NEGLIGIBLE
    pseudo = strength * means[seen]
    over = (means[seen] * (special.digamma(counts[seen] + pseudo) - special.digamma(pseudo))).sum()
    rows = totals[totals > NEGLIGIBLE]
    under = (special.digamma(rows + strength) - special.digamma(strength)).sum()
    if not under > 0:
        return strength
    return float(np.clip(strength * over / under, WEAKEST, STRONGEST))


def beta_strength(right: Floats, totals: Floats, mean: float, strength: float) -> float:
    """The same for the share of right votes: a Beta distribution with that mean."""
    counts = np.stack([right, np.maximum(totals - right, 0.0)])
    means = np.broadcast_to(np.array([[mean], [1.0 - mean]]), counts.shape)
    return dirichlet_strength(counts, means, totals, strength)

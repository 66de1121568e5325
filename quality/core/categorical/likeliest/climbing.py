"""Models at their likeliest: rounds of expectation-maximisation from the vote."""

from abc import abstractmethod
from functools import partial

from quality.core.categorical.aggregator import Aggregator
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Floats


class Likeliest(Aggregator):
    """A model without priors, climbed by rounds of one posterior to the next.

    Parameters
    ----------
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.
    accelerate : extrapolate between rounds; the fixed point is the same.
    """

    def __init__(
        self, *, max_rounds: int = 300, tol: float = 1e-7, accelerate: bool = True
    ) -> None:
        if max_rounds < 1:
            raise ValueError("max_rounds must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.accelerate = accelerate

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        step = partial(self._round, panel)
        return climb(
            step, first, max_rounds=self.max_rounds, tol=self.tol, accelerate=self.accelerate
        )

    @abstractmethod
    def _round(self, panel: Panel, posterior: Floats) -> tuple[Floats, float]:
        """The next posterior and the likelihood of the model between; sets log_prior_."""

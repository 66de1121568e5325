"""How often two answers to the same task are equal."""

from typing import Any

from numpy.typing import NDArray

from quality.core.agreement.krippendorff import counted, finite, too_few
from quality.core.agreement.resampling import Agreement, Measure, mean_over_answers
from quality.core.agreement.sharing import shared
from quality.core.votes import Codes


def percent_agreement(
    task: Codes, value: NDArray[Any], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """How often another answer on the same task is equal, averaged over answers.

    Arguments, errors and interval as for krippendorff_alpha at the nominal level.
    """
    kept, of_task = shared(task, finite(value).size)
    columns = counted(of_task, value[kept])[:, :2]
    measure = Measure("percent_agreement", "nominal", columns, mean_over_answers, too_few(of_task))
    return measure.taken(n_draws=n_draws, seed=seed)

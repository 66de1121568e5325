"""Numbers on a grid so fine that nobody sees it, whose sums are exact in any order."""

import numpy as np

from quality.core.votes import Floats

# Sums of up to 2**13 probabilities, or of logarithms up to that size, are exact: no order of votes,
# tasks or blocks makes a difference that EM would blow up near a tie or a saddle.
CELLS = 2.0**40


def on_grid(numbers: Floats) -> Floats:
    """The same array, rounded to the grid."""
    numbers *= CELLS
    np.rint(numbers, out=numbers)
    numbers /= CELLS
    return numbers

"""Benjamini and Hochberg's procedure."""

import numpy as np
import pytest

from quality.core.fraud import discoveries

# The example of Benjamini & Hochberg (1995), section 3.2: fifteen hypotheses, four believed.
PUBLISHED = np.array(
    [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
        *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
    ]
)


def test_the_published_example_has_four_discoveries():
    assert discoveries(PUBLISHED, 0.05).tolist() == [True] * 4 + [False] * 11


def test_the_order_of_the_findings_does_not_matter():
    order = np.random.default_rng(0).permutation(PUBLISHED.size)

    np.testing.assert_array_equal(
        discoveries(PUBLISHED[order], 0.05), discoveries(PUBLISHED, 0.05)[order]
    )


def test_findings_left_out_count_as_tested():
    small = PUBLISHED[PUBLISHED <= 0.05]

    assert discoveries(small, 0.05, n_tested=PUBLISHED.size).sum() == 4
    assert discoveries(small, 0.05, n_tested=1500).sum() == 0


def test_a_lesser_finding_is_carried_by_greater_ones():
    assert discoveries(np.array([0.04, 0.045]), 0.05).all()
    assert not discoveries(np.array([0.04, 0.9]), 0.05).any()


def test_without_findings_there_are_no_discoveries():
    assert discoveries(np.zeros(0), 0.05).size == 0


@pytest.mark.parametrize(
    ("p_values", "n_tested", "says"),
    [([1.5], None, "p-values must lie in 0..1"), ([0.1, 0.2], 1, "n_tested must be at least")],
)
def test_what_is_no_test_is_refused(p_values, n_tested, says):
    with pytest.raises(ValueError, match=says):
        discoveries(np.array(p_values), 0.05, n_tested=n_tested)

"""Which of the things that somebody drew are there."""

import numpy as np
import pytest

from quality.core.regions.detection import Detection, Sightings, infer
from tests.core.factories import codes


def sightings_of(*rows):
    """One row for each thing: whether workers 0, 1, 2, ... drew it."""
    drawn = np.array(rows, dtype=np.bool_)
    thing, worker = np.indices(drawn.shape)
    return Sightings(thing.ravel(), worker.ravel(), drawn.ravel(), *drawn.shape)


def a_watch(*, hit, alarm, n_real=600, n_false=400, seed=0):
    """What workers of these rates draw; things that nobody drew are not seen."""
    rng = np.random.default_rng(seed)
    is_real = np.arange(n_real + n_false) < n_real
    drawn = rng.random((is_real.size, len(hit))) < np.where(is_real[:, None], hit, alarm)
    seen = drawn.any(axis=1)
    return sightings_of(*drawn[seen]), is_real[seen]


def test_what_most_drew_is_there_and_what_one_drew_is_not():
    there = Detection().fit(sightings_of([1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0])).posterior_

    assert there[0] > 0.99
    assert there[1] > 0.9
    assert there[2] < 0.2


def test_what_a_lone_worker_drew_is_there_as_often_as_presumed():
    assert Detection().fit(sightings_of([1])).posterior_ == pytest.approx([0.7])


def test_rates_are_found_again_though_misses_of_all_are_not_seen():
    hit, alarm = np.array([0.9, 0.7, 0.5, 0.8]), np.array([0.02, 0.1, 0.2, 0.05])
    watched, is_real = a_watch(hit=hit, alarm=alarm, n_real=3000, n_false=3000)

    fitted = Detection().fit(watched)

    np.testing.assert_allclose(fitted.model_.hit[:4], hit, atol=0.05)
    np.testing.assert_allclose(fitted.model_.real, is_real.mean(), atol=0.05)
    assert fitted.model_.alarm[:4].argsort().tolist() == [0, 3, 1, 2]


def test_what_is_claimed_is_what_holds():
    watched, is_real = a_watch(hit=[0.8, 0.8, 0.6, 0.7], alarm=[0.1, 0.05, 0.2, 0.1])

    posterior = Detection().fit(watched).posterior_

    assert abs(posterior.mean() - is_real.mean()) < 0.05
    assert ((posterior > 0.5) == is_real).mean() > 0.9


def test_accuracy_is_higher_for_who_sees_more():
    watched, _ = a_watch(hit=[0.95, 0.9, 0.4], alarm=[0.02, 0.02, 0.3])

    workers = Detection().fit(watched).workers_

    assert workers.value[0] > workers.value[1] > workers.value[2]
    assert (workers.interval[:, 0] < workers.value).all()


def test_inference_gives_the_fitted_posterior_again():
    watched, _ = a_watch(hit=[0.8, 0.7], alarm=[0.1, 0.2])

    fitted = Detection().fit(watched)

    np.testing.assert_array_equal(infer(watched, fitted.model_), fitted.posterior_)


def test_nothing_drawn_is_nothing_learned():
    nothing = Sightings(codes([]), codes([]), np.empty(0, dtype=np.bool_), 0, 2)

    fitted = Detection().fit(nothing)

    assert fitted.posterior_.size == 0
    np.testing.assert_allclose(fitted.model_.hit, 0.8)


@pytest.mark.parametrize("broken", [{"max_rounds": 0}, {"strength": 0.0}])
def test_a_detection_without_rounds_or_strength_is_refused(broken):
    with pytest.raises(ValueError, match="positive"):
        Detection(**broken)

"""The figures of crowd-kit where the model is the same; its version is in the note of the file."""

import json
from pathlib import Path

import numpy as np
import pytest

from quality.core.agreement import krippendorff_alpha
from quality.core.categorical import DawidSkene, Majority, OneCoin, Wawa, ZeroBasedSkill
from quality.core.votes import Votes
from tests.core.factories import codes

RECORDED = json.loads((Path(__file__).parents[1] / "peer_values.json").read_text())
pytestmark = pytest.mark.parametrize(
    "crowd", RECORDED["crowds"], ids=lambda crowd: f"{crowd['n_labels']} labels"
)


@pytest.fixture
def votes(crowd):
    columns = [codes(crowd[name]) for name in ("task", "worker", "label")]
    return Votes(*columns, crowd["n_tasks"], crowd["n_workers"], crowd["n_labels"])


def test_majority_is_the_same(crowd, votes):
    posterior = Majority(smoothing=0).fit(votes).posterior_

    np.testing.assert_allclose(posterior, crowd["MajorityVote"]["posterior"], atol=1e-9)


@pytest.mark.parametrize("aggregator", [Wawa, ZeroBasedSkill])
def test_votes_by_skill_are_the_same(crowd, votes, aggregator):
    recorded = crowd[aggregator.__name__]

    fitted = aggregator().fit(votes)

    np.testing.assert_allclose(fitted.skill_, recorded["skill"], atol=1e-9)
    np.testing.assert_allclose(fitted.posterior_, recorded["posterior"], atol=1e-9)


@pytest.mark.parametrize(
    ("aggregator", "name"), [(DawidSkene, "DawidSkene"), (OneCoin, "OneCoinDawidSkene")]
)
def test_the_rounds_are_the_same(crowd, votes, aggregator, name):
    for rounds, recorded in crowd[name]["posterior_after"].items():
        fitted = aggregator(max_rounds=int(rounds), tol=0, accelerate=False).fit(votes)

        assert fitted.rounds_ == int(rounds)
        np.testing.assert_allclose(fitted.posterior_, recorded, atol=1e-6)


def test_alpha_is_the_same(crowd, votes):
    alpha = krippendorff_alpha(votes.task, votes.label).value

    np.testing.assert_allclose(alpha, crowd["alpha_krippendorff"], atol=1e-9)

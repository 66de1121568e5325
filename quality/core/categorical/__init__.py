"""Aggregators of labels, one class a file, on one engine."""

from quality.core.categorical.default import Default
from quality.core.categorical.engine.errors import WorkerErrors
from quality.core.categorical.engine.predictions import Predictions
from quality.core.categorical.inference import (
    Inference,
    Learned,
    Model,
    confusions,
    infer,
    model_of,
)
from quality.core.categorical.likeliest.dawid_skene import DawidSkene
from quality.core.categorical.likeliest.glad import Glad
from quality.core.categorical.likeliest.mace import Mace
from quality.core.categorical.likeliest.one_coin import OneCoin
from quality.core.categorical.online import Online
from quality.core.categorical.resembling.hierarchical import Hierarchical
from quality.core.categorical.resembling.kind import Pool
from quality.core.categorical.resembling.population import Population
from quality.core.categorical.resembling.shared_error import SharedError
from quality.core.categorical.resembling.shrunken import ShrunkenDawidSkene
from quality.core.categorical.stopping import Threshold, threshold
from quality.core.categorical.voting.majority import Majority
from quality.core.categorical.voting.wawa import Wawa
from quality.core.categorical.voting.zero_based_skill import ZeroBasedSkill

__all__ = [
    "DawidSkene",
    "Default",
    "Glad",
    "Hierarchical",
    "Inference",
    "Learned",
    "Mace",
    "Majority",
    "Model",
    "OneCoin",
    "Online",
    "Pool",
    "Population",
    "Predictions",
    "SharedError",
    "ShrunkenDawidSkene",
    "Threshold",
    "Wawa",
    "WorkerErrors",
    "ZeroBasedSkill",
    "confusions",
    "infer",
    "model_of",
    "threshold",
]

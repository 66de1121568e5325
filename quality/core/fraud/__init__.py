"""Typed scores of fraud, each with the share of innocents that it may flag."""

from quality.core.fraud.copiers import Copying, copying
from quality.core.fraud.discoveries import discoveries
from quality.core.fraud.information import Information, low_information
from quality.core.fraud.questions import BUDGETS, Budgets, Question
from quality.core.fraud.sleepers import Drift, Series, drift
from quality.core.fraud.speed import FAST_SHARE, Speed, too_fast

__all__ = [
    "BUDGETS",
    "FAST_SHARE",
    "Budgets",
    "Copying",
    "Drift",
    "Information",
    "Question",
    "Series",
    "Speed",
    "copying",
    "discoveries",
    "drift",
    "low_information",
    "too_fast",
]

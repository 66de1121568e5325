"""The nouns of the laboratory."""

from quality.models.flag import Flag
from quality.models.gold import GoldResult, Promotion, Retirement
from quality.models.revision import Change, Feed, Revision
from quality.models.settling import (
    Cause,
    FieldModel,
    Reliability,
    SettleDue,
    Settling,
    StopRule,
    WorkerModel,
)
from quality.models.training import ModelVersion, Prediction, Push

__all__ = [
    "Cause",
    "Change",
    "Feed",
    "FieldModel",
    "Flag",
    "GoldResult",
    "ModelVersion",
    "Prediction",
    "Promotion",
    "Push",
    "Reliability",
    "Retirement",
    "Revision",
    "SettleDue",
    "Settling",
    "StopRule",
    "WorkerModel",
]

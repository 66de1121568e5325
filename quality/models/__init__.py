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
from quality.models.standing import Gate, Review, Sitting, Skill, SkillValue, Standing, Study
from quality.models.training import ModelVersion, Prediction, Push

__all__ = [
    "Cause",
    "Change",
    "Feed",
    "FieldModel",
    "Flag",
    "Gate",
    "GoldResult",
    "ModelVersion",
    "Prediction",
    "Promotion",
    "Push",
    "Reliability",
    "Retirement",
    "Review",
    "Revision",
    "SettleDue",
    "Settling",
    "Sitting",
    "Skill",
    "SkillValue",
    "Standing",
    "StopRule",
    "Study",
    "WorkerModel",
]

"""Answers that mark regions: spans of a text, boxes on a picture."""

from quality.core.regions.boxes import BoxVote, same_boxes
from quality.core.regions.boxes import infer as infer_boxes
from quality.core.regions.detection import Detectors
from quality.core.regions.drawn import Box, BoxConsensus, BoxSkills, BoxVotes, FoundBox
from quality.core.regions.matching import found_again, overlaps
from quality.core.regions.spans import FoundSpan, Span, SpanConsensus, SpanVote, SpanVotes
from quality.core.regions.spans import infer as infer_spans

__all__ = [
    "Box",
    "BoxConsensus",
    "BoxSkills",
    "BoxVote",
    "BoxVotes",
    "Detectors",
    "FoundBox",
    "FoundSpan",
    "Span",
    "SpanConsensus",
    "SpanVote",
    "SpanVotes",
    "found_again",
    "infer_boxes",
    "infer_spans",
    "overlaps",
    "same_boxes",
]

"""Answers that are texts: short ones voted on as wholes, long ones word by word."""

from quality.core.texts.answers import TextConsensus, TextSkills, TextVotes
from quality.core.texts.choice import are_long
from quality.core.texts.normalised_vote import TextVote
from quality.core.texts.normalised_vote import infer as infer_texts
from quality.core.texts.rover import Rover, RoverConsensus, RoverSkills
from quality.core.texts.rover import infer as infer_words
from quality.core.texts.words import normalised

__all__ = [
    "Rover",
    "RoverConsensus",
    "RoverSkills",
    "TextConsensus",
    "TextSkills",
    "TextVote",
    "TextVotes",
    "are_long",
    "infer_texts",
    "infer_words",
    "normalised",
]

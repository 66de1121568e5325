"""The numeric core: from votes to consensus, reliability and agreement. Arrays in, arrays out."""

from quality.core.agreement import Agreement, krippendorff_alpha, percent_agreement
from quality.core.dawid_skene import Confusions, DawidSkene, infer
from quality.core.majority import Majority
from quality.core.multichoice import MultiChoice, SetVotes
from quality.core.multichoice import infer as infer_sets
from quality.core.number import NumberConsensus, NumberVotes, Scales, WeightedMedian, within
from quality.core.number import infer as infer_numbers
from quality.core.ordinal import posterior_median
from quality.core.skill import Accuracy, accuracies, pooled_accuracies
from quality.core.text import TextConsensus, TextSkills, TextVote, TextVotes, normalised
from quality.core.text import infer as infer_texts
from quality.core.votes import Votes, encode, numbered

__all__ = [
    "Accuracy",
    "Agreement",
    "Confusions",
    "DawidSkene",
    "Majority",
    "MultiChoice",
    "NumberConsensus",
    "NumberVotes",
    "Scales",
    "SetVotes",
    "TextConsensus",
    "TextSkills",
    "TextVote",
    "TextVotes",
    "Votes",
    "WeightedMedian",
    "accuracies",
    "encode",
    "infer",
    "infer_numbers",
    "infer_sets",
    "infer_texts",
    "krippendorff_alpha",
    "normalised",
    "numbered",
    "percent_agreement",
    "pooled_accuracies",
    "posterior_median",
    "within",
]

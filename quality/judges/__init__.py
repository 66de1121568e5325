"""A judge for each type of field: from answers to verdicts, on the numeric core."""

from quality.judges.categorical import Choice, Ordinal
from quality.judges.multichoice import Sets
from quality.judges.number import Numbers
from quality.judges.text import Texts
from quality.judges.verdict import FieldVotes, Judge, Learned, Verdict

JUDGES: dict[str, Judge] = {
    "choice": Choice(),
    "ordinal": Ordinal(),
    "multichoice": Sets(),
    "number": Numbers(),
    "text": Texts(),
}

__all__ = ["JUDGES", "FieldVotes", "Judge", "Learned", "Verdict"]

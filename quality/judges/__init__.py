"""A judge for each type of field: from answers to verdicts, on the numeric core."""

from quality.judges.boxes import Boxes
from quality.judges.categorical import Choice, Ordinal
from quality.judges.comparison import Comparisons
from quality.judges.multichoice import Sets
from quality.judges.number import Numbers
from quality.judges.ranking import Rankings
from quality.judges.spans import Spans
from quality.judges.text import Texts
from quality.judges.verdict import FieldVotes, Fitted, Judge, Learned, Opinion, Verdict

JUDGES: dict[str, Judge] = {
    "choice": Choice(),
    "ordinal": Ordinal(),
    "multichoice": Sets(),
    "number": Numbers(),
    "text": Texts(),
    "comparison": Comparisons(),
    "ranking": Rankings(),
    "spans": Spans(),
    "boxes": Boxes(),
}

__all__ = ["JUDGES", "FieldVotes", "Fitted", "Judge", "Learned", "Opinion", "Verdict"]

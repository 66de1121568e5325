"""Answers that order items: votes on pairs, and rankings."""

from quality.core.orders.comparison import BradleyTerry, NoisyBradleyTerry
from quality.core.orders.cycles import Cycles
from quality.core.orders.duels import PairVotes
from quality.core.orders.margins import Margins, NewVotes
from quality.core.orders.ranking import PlackettLuce
from quality.core.orders.stages import RankingVotes

__all__ = [
    "BradleyTerry",
    "Cycles",
    "Margins",
    "NewVotes",
    "NoisyBradleyTerry",
    "PairVotes",
    "PlackettLuce",
    "RankingVotes",
]

"""Our aggregators, by the names in the tables."""

from quality.core.categorical import (
    DawidSkene,
    Default,
    Glad,
    Hierarchical,
    Mace,
    Majority,
    OneCoin,
    Population,
    SharedError,
    ShrunkenDawidSkene,
    Wawa,
    ZeroBasedSkill,
)
from quality.core.texts import Rover, TextVote, TextVotes, are_long

CATEGORICAL = {
    aggregator.__name__: aggregator
    for aggregator in (
        Majority,
        Wawa,
        ZeroBasedSkill,
        OneCoin,
        DawidSkene,
        ShrunkenDawidSkene,
        Hierarchical,
        SharedError,
        Population,
        Glad,
        Mace,
        Default,
    )
}


def texts(votes: TextVotes) -> list[str]:
    """The consensus as the service would reach it: word by word, or short answers as wholes."""
    model = Rover() if are_long(votes.text) else TextVote()
    return [value or "" for value in model.fit(votes).value_]

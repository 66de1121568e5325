"""The aggregators under contract."""

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

ROUNDS_OF_VOTES = [Majority, Wawa, ZeroBasedSkill]
# These climb an objective.
LIKELIEST = [OneCoin, DawidSkene, Glad, Mace]
# These leave a task's own votes out.
LEAVING = [Hierarchical, SharedError, Population, Default]
MODELS = [*LIKELIEST, *LEAVING, ShrunkenDawidSkene]
EVERYONE = [*ROUNDS_OF_VOTES, *MODELS]

"""The measure of hidden gold sees what would betray it after an answer, and nothing else."""

import random

from tests.journeys.telling_apart import Seen, measured

N_ANSWERS = 1500


def watched(moves_with):
    """Answers after which a listed figure moved, or not, and those to gold."""
    seen, gold, chance = Seen(), set(), random.Random(5)
    for n in range(N_ANSWERS):
        name, is_gold = f"a{n}", chance.random() < 0.4
        assignment = {"id": name, "task": f"t{n}", "payload": {"size": chance.random()}}
        seen.claimed(1, {"assignments": [assignment]}, 100)
        before = chance.randrange(1000)
        after = before + (1 if moves_with(is_gold, chance) else 0)
        readings = [{"/me/skills/": {"projects": [{"n": n}]}} for n in (before, after)]
        seen.read(name, "settled", *readings)
        if is_gold:
            gold.add(f"t{n}")
    return seen, gold


def test_a_figure_that_moves_with_gold_alone_is_seen():
    seen, gold = watched(lambda is_gold, _: is_gold)

    assert measured(seen.after_answers(), gold).low > 0.9


def test_a_figure_that_moves_with_any_answer_tells_nothing():
    seen, gold = watched(lambda _, chance: chance.random() < 0.4)

    assert measured(seen.after_answers(), gold).high < 0.6

"""The killer's plan: one seed, one plan, and nobody is spared."""

import pytest

from chaos.faults.plan import HORSE, MOST_KILLS, OUTAGE_S, PAST_LEASE_S, REDIS, TARGETS, Deed, plan

SPECIAL = {Deed.REDIS_OUTAGE, Deed.FULL_DISK, Deed.CLOCK_STEP}
SEEDS = range(1, 41)


def planned(seed, seconds=60.0, can=SPECIAL):
    return plan(seed=seed, seconds=seconds, can=can)


def test_a_seed_means_the_same_plan_each_time():
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


@pytest.mark.parametrize("seconds", [10.0, 30.0, 60.0, 300.0])
def test_every_target_is_killed_by_every_seed(seconds):
    for seed in SEEDS:
        killed = {fault.target for fault in planned(seed, seconds) if fault.deed == Deed.KILL}
        assert killed == set(TARGETS)


@pytest.mark.parametrize("seconds", [10.0, 60.0])
def test_a_plan_is_in_order_and_within_its_time(seconds):
    for seed in SEEDS:
        times = [fault.at_s for fault in planned(seed, seconds)]
        assert times == sorted(times)
        assert times[0] > 0
        assert times[-1] < seconds


def test_what_cannot_be_had_is_left_out_and_changes_nothing_else():
    for seed in SEEDS:
        whole = planned(seed, can={Deed.REDIS_OUTAGE, Deed.FULL_DISK})
        less = planned(seed, can={Deed.REDIS_OUTAGE})
        assert less == [fault for fault in whole if fault.deed != Deed.FULL_DISK]


def test_redis_is_away_once_for_as_long_as_the_run_allows():
    for seed in SEEDS:
        for seconds, wanted in ((60.0, OUTAGE_S), (20.0, 10.0)):
            outages = [one for one in planned(seed, seconds) if one.deed == Deed.REDIS_OUTAGE]
            assert [one.amount for one in outages] == [wanted]


def test_nobody_looks_for_a_horse_while_there_is_no_redis():
    for seed in SEEDS:
        (outage,) = (one for one in planned(seed) if one.deed == Deed.REDIS_OUTAGE)
        amid = [one for one in planned(seed) if outage.at_s < one.at_s < outage.at_s + OUTAGE_S]
        assert not {one.target for one in amid if one.deed == Deed.KILL} & {HORSE, REDIS}


def test_a_horse_sleeps_past_its_lease_while_there_is_a_queue_to_take_over():
    for seed in SEEDS:
        (outage,) = (one for one in planned(seed) if one.deed == Deed.REDIS_OUTAGE)
        asleep = [one for one in planned(seed) if (one.deed, one.target) == (Deed.PAUSE, HORSE)]
        assert any(one.amount == PAST_LEASE_S and one.at_s < outage.at_s for one in asleep)


def test_the_clock_is_put_right_again():
    for seed in SEEDS:
        forth, back = (one for one in planned(seed) if one.deed == Deed.CLOCK_STEP)
        assert (forth.target, back.target) == ("forth", "back")
        assert forth.at_s < back.at_s
        assert 5 <= abs(forth.amount) <= 20


def test_what_a_supervisor_restarts_slowly_is_not_killed_too_often():
    for seed in SEEDS:
        killed = [one.target for one in planned(seed, 600.0) if one.deed == Deed.KILL]
        assert all(killed.count(target) <= most for target, most in MOST_KILLS.items())

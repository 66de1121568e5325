"""What `make mutants` takes away, one at a time, and the test that must notice each."""

from dataclasses import dataclass

RACES, PROMISES = "tests/tasks_app/test_races.py", "tests/tasks_app/test_promises.py"
LIFECYCLE = (
    "tests/lifecycle/test_lifecycle.py::test_promises_hold_after_every_step_of_every_history"
)
CLAIM, SUBMIT = "tasks_app/sql/claim_from.sql", "tasks_app/sql/submit.sql"
ENGINE, CATEGORICAL = "quality/core/categorical/engine", "tests/core/categorical"
GIVEN_BACK = "tests/tasks_app/test_gold_given_back.py"
TOO_FAST = "tests/quality/test_too_fast.py"
RETIRED_GOLD = "test_answers_to_retired_gold_count_for_nothing_any_more"
MISSED_GOLD = "test_gold_that_is_missed_raises_the_threshold_in_a_new_version"


@dataclass(frozen=True)
class Mutant:
    """What is taken away, and the test that must notice."""

    name: str
    test: str
    file: str = ""
    old: str = ""
    new: str = ""
    sql: str = ""


def without(constraint: str, table: str, test: str) -> Mutant:
    """The database without one constraint."""
    sql = f"ALTER TABLE tasks_app_{table} DROP CONSTRAINT {constraint}"
    return Mutant(f"without {constraint}", f"{PROMISES}::{test}", sql=sql)


MUTANTS = (
    Mutant(
        "claim without SKIP LOCKED",
        f"{RACES}::test_claims_pass_each_other_instead_of_waiting",
        CLAIM,
        "- cardinality(got)\n               FOR NO KEY UPDATE OF task SKIP LOCKED",
        "- cardinality(got)\n               FOR NO KEY UPDATE OF task",
    ),
    Mutant(
        "claim without the slot decrement",
        f"{RACES}::test_racing_workers_share_the_slots_without_overlap",
        CLAIM,
        "SET open_slots = task.open_slots - 1, is_open = task.open_slots > 1",
        "SET open_slots = task.open_slots, is_open = true",
    ),
    Mutant(
        "claim without the lock of one worker",
        f"{RACES}::test_one_worker_in_many_places_never_overruns_the_lease_limit",
        CLAIM,
        "PERFORM pg_advisory_xact_lock(",
        "PERFORM greatest(",
    ),
    Mutant(
        "submit without the compare-and-set",
        f"{RACES}::test_of_two_racing_answers_to_one_lease_one_is_taken",
        SUBMIT,
        "AND mine.state = 'leased' AND mine.leased_until > the_time",
        "AND mine.leased_until > the_time",
    ),
    Mutant(
        "expiry without the compare-and-set",
        "tests/tasks_app/test_claims.py::test_an_expired_lease_gives_its_slot_back",
        "tasks_app/sql/expire.sql",
        "WHERE state = 'leased' AND leased_until <= %(now)s",
        "WHERE leased_until <= %(now)s",
    ),
    Mutant(
        "a late answer without the task's lock",
        f"{RACES}::test_late_answers_race_for_the_last_slot",
        SUBMIT,
        "WHERE found.id = held.task_id FOR NO KEY UPDATE",
        "WHERE found.id = held.task_id",
    ),
    Mutant(
        "giving back without the compare-and-set",
        "tests/tasks_app/test_claims.py::"
        "test_giving_back_twice_is_the_same_and_other_deeds_come_too_late",
        "tasks_app/claims.py",
        "        pk=lease.id, state=Assignment.State.LEASED, leased_until__gt=now",
        "        pk=lease.id, leased_until__gt=now",
    ),
    Mutant(
        "a claim beyond the lease limit",
        LIFECYCLE,
        CLAIM,
        "project.claim_limit - count(*)",
        "project.claim_limit - 0 * count(*)",
    ),
    Mutant(
        "a late answer where no place is free",
        LIFECYCLE,
        SUBMIT,
        "task.open_slots = 0",
        "task.open_slots < 0",
    ),
    Mutant(
        "a late answer that takes no place",
        LIFECYCLE,
        SUBMIT,
        "IF held.state = 'expired' AND NOT task.is_gold THEN",
        "IF false THEN",
    ),
    Mutant(
        "giving one lease back and two places",
        LIFECYCLE,
        "tasks_app/claims.py",
        'update(open_slots=F("open_slots") + 1, is_open=True)',
        'update(open_slots=F("open_slots") + 2, is_open=True)',
    ),
    Mutant(
        "expiry that keeps the place",
        LIFECYCLE,
        "tasks_app/sql/expire.sql",
        "WHERE task.id IN (SELECT task_id FROM dead) AND NOT task.is_gold",
        "WHERE task.id IN (SELECT task_id FROM dead) AND task.is_gold",
    ),
    Mutant(
        "a place given back behind the bookmarks",
        LIFECYCLE,
        "tasks_app/sql/stamp.sql",
        "NEW.late_xid := pg_current_xact_id()::text::bigint;",
        "NEW.late_xid := OLD.late_xid;",
    ),
    Mutant(
        "progress that forgets what was resolved",
        LIFECYCLE,
        "tasks_app/sql/tally.sql",
        "(NEW.state = 'resolved')::int - (OLD.state = 'resolved')::int",
        "0",
    ),
    Mutant(
        "a reply told under another key",
        LIFECYCLE,
        "marketplace/replies/keeping.py",
        "filter(caller=caller_id, key=key)",
        "filter(caller=caller_id, fingerprint=fingerprint)",
    ),
    Mutant(
        "a key that stands for whatever is sent under it",
        LIFECYCLE,
        "marketplace/replies/keeping.py",
        "if kept is not None and bytes(kept.fingerprint) != fingerprint:",
        "if False:",
    ),
    Mutant(
        "a repeated reply that forgets its status",
        LIFECYCLE,
        "marketplace/flows/once.py",
        "Told(kept.status, bytes(kept.body), is_repeated=True)",
        "Told(200, bytes(kept.body), is_repeated=True)",
    ),
    Mutant(
        "gold that is served although it is retired",
        "tests/quality/test_gold_retiring.py::test_retired_gold_is_served_to_nobody",
        "quality/gold/retiring.py",
        "update(state=Task.State.RETIRED, is_open=False)",
        "update(is_open=False)",
    ),
    Mutant(
        "gold that counts although it is retired",
        f"tests/quality/test_gold_retiring.py::{RETIRED_GOLD}",
        "quality/gold/retiring.py",
        ".update(counts=False, is_examined",
        ".update(counts=True, is_examined",
    ),
    Mutant(
        "gold drawn from one place",
        "tests/tasks_app/test_claims.py::test_gold_that_comes_together_does_not_stand_together",
        "tasks_app/sql/draw_gold.sql",
        "start := gen_random_uuid();",
        "start := coalesce(start, gen_random_uuid());",
    ),
    Mutant(
        "gold that stays away when it was given back",
        f"{GIVEN_BACK}::test_where_nobody_takes_it_meanwhile_all_comes_back_at_once",
        "tasks_app/sql/draw_gold.sql",
        "SELECT back.golds, card",
        "SELECT '{}'::bigint[], card",
    ),
    Mutant(
        "gold that always comes back",
        f"{GIVEN_BACK}::test_where_others_take_it_meanwhile_neither_comes_back",
        "tasks_app/sql/draw_gold.sql",
        "others.came_at <= gold.leased_until",
        "true",
    ),
    Mutant(
        "a count of what is left that tells gold",
        f"{GIVEN_BACK}::test_what_is_left_steps_by_twenty_where_gold_is_mixed_in",
        "tasks_app/worklist.py",
        "STEP = 20",
        "STEP = 1",
    ),
    Mutant(
        "flags for speed alone",
        f"{TOO_FAST}::test_once_the_other_suspicion_is_dismissed_speed_is_not_flagged_anew",
        "quality/flags.py",
        "one.worker_id in suspected",
        "suspected is not None",
    ),
    Mutant(
        "restrictions for speed",
        f"{TOO_FAST}::test_a_confirmed_flag_for_speed_restricts_nobody_and_one_beside_it_does",
        "quality/models/flag.py",
        ".exclude(kind=Flag.Kind.TOO_FAST)",
        "",
    ),
    Mutant(
        "a history in the order in which leases were made",
        "tests/api/test_gold.py::test_a_history_has_gold_in_no_order_of_its_own",
        "marketplace/api/work.py",
        'by=paging.ByTime("leased_at"),',
        "",
    ),
    Mutant(
        "results of the answers that gold was made from",
        "tests/quality/test_gold_promotion.py::test_the_answers_it_was_made_from_are_no_results",
        "quality/sql/gold_untold.sql",
        "AND answer.id > coalesce(promotion.last_answer, 0)",
        "",
    ),
    without(
        "task_slots_within_due_within_given",
        "task",
        "test_answers_due_stay_within_the_slots_given",
    ),
    without("task_gold_has_no_slots", "task", "test_gold_has_no_slots"),
    without(
        "task_is_open_while_slots_are",
        "task",
        "test_a_task_is_open_while_it_has_open_slots",
    ),
    without("task_once_per_part", "task", "test_a_part_of_an_item_has_one_task"),
    without("item_once_per_project", "item", "test_an_item_is_there_once"),
    without(
        "assignment_once_per_worker",
        "assignment",
        "test_a_worker_has_one_assignment_of_a_task",
    ),
    without(
        "assignment_extended_three_times_at_most",
        "assignment",
        "test_a_lease_is_extended_three_times_at_most_by_anybody",
    ),
    without("answer_once_per_worker", "answer", "test_a_worker_answers_a_task_once"),
    without("tasks_app_answer_assignment_id_key", "answer", "test_an_assignment_takes_one_answer"),
    without(
        "admission_once_per_worker", "admission", "test_a_worker_has_one_admission_to_a_project"
    ),
    without("admission_refusal_has_reason", "admission", "test_a_refusal_has_its_reason"),
    Mutant(
        "stopping that never learns",
        f"tests/quality/test_stop_rules.py::{MISSED_GOLD}",
        "quality/stop_rules.py",
        "if learned is None or (learned.tau, learned.basis) == (rule.tau, rule.basis):",
        "if True:",
    ),
    Mutant(
        "stopping at the target, whatever was learned",
        f"tests/quality/test_stop_rules.py::{MISSED_GOLD}",
        "quality/judging.py",
        "stop >= self.rule.tau",
        "stop >= self.rule.target",
    ),
    Mutant(
        "a refit that tells what a flag has changed since it read",
        "tests/quality/test_meanwhile.py::test_a_task_that_lost_answers_during_a_refit_stays_open",
        "quality/writing.py",
        "ours = set(task_ids) - settling.settled",
        "ours = set(task_ids)",
    ),
    Mutant(
        "answers that wait for a refit to end",
        "tests/quality/test_meanwhile.py::test_an_answer_is_told_between_two_chunks_of_a_refits_news",
        "quality/writing.py",
        "        after_each()\n",
        "",
    ),
    Mutant(
        "an answer taken for another project than it was checked for",
        "tests/tasks_app/test_answers.py::"
        "test_a_project_that_only_seems_to_be_met_takes_no_answer_for_another",
        SUBMIT,
        "mine.worker_id = the_worker AND mine.project_id = the_project",
        "mine.worker_id = the_worker",
    ),
    Mutant(
        "flags as lightly while answers come in as in the end",
        "tests/quality/test_flags_under_way.py::"
        "test_a_doubted_worker_is_flagged_only_once_all_is_quiet",
        "quality/flags.py",
        "CERTAINTY_UNDER_WAY = 0.99",
        "CERTAINTY_UNDER_WAY = 0.95",
    ),
    Mutant(
        "recorded answers that are not held to their payloads",
        "tests/api/test_types.py::"
        "test_an_answer_that_does_not_fit_is_refused_wherever_it_comes_from",
        "tasks_app/fitting.py",
        "found = list(_faults(project, fields, seen, pointer))",
        "found: list[Fault] = []",
    ),
    Mutant(
        "tasks judged by what they taught themselves",
        f"{CATEGORICAL}/test_leaving_out.py::"
        "test_a_task_is_judged_as_if_its_workers_had_been_met_on_the_others_only",
        f"{ENGINE}/leave_out.py",
        "own = np.repeat(posterior[:, tasks], block.sizes[tasks], axis=1)",
        "own = 0.0 * np.repeat(posterior[:, tasks], block.sizes[tasks], axis=1)",
    ),
    Mutant(
        "votes that err together taken for independent ones",
        f"{CATEGORICAL}/test_accuracy.py::test_votes_that_err_together_make_the_default_less_sure",
        f"{ENGINE}/tempering.py",
        "return 0.0 if np.isnan(predicted).any()",
        "return 0.0 if predicted.size",
    ),
    Mutant(
        "grounds read before the decision is locked",
        "tests/journeys/test_grounds_races.py::"
        "test_of_two_grounds_that_come_at_once_neither_is_missed",
        "marketplace/flows/admitting.py",
        "    hold(project)\n    rows = Admission",
        "    rows = Admission",
    ),
    Mutant(
        "an exam passed by the score and not by its lower end",
        "tests/api/test_exams.py::"
        "test_the_pass_mark_is_held_against_the_lower_end_of_what_the_score_may_be",
        "quality/grounds/sittings.py",
        'passed=low >= terms["pass_mark"]',
        'passed=score / n >= terms["pass_mark"]',
    ),
    Mutant(
        "gold figures that move with every answer to gold",
        "tests/api/test_workers.py::test_gold_figures_move_in_steps_of_twenty",
        "quality/skills.py",
        "STEP = 20",
        "STEP = 1",
    ),
    Mutant(
        "skills whose end is not seen",
        "tests/api/test_skills.py::test_a_skill_set_by_hand_admits_at_once_and_its_end_refuses",
        "marketplace/flows/knowing.py",
        "examining.moved(names_by_worker=names, tenant_ids=[tenant_id], now=now)",
        "pass",
    ),
)

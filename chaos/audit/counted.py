"""Places, counters and leases are what the rows say."""

from chaos.audit.finding import Finding, Scene, faults

# Between the end of a lease and the sweep that ends it.
MOST_LATE_S = 3

REALITY = """
WITH reality AS (
    SELECT task.*,
           (SELECT count(*) FROM tasks_app_assignment AS lease
             WHERE lease.task_id = task.id AND lease.state = 'leased') AS leased,
           (SELECT count(*) FROM tasks_app_answer AS answer
             WHERE answer.task_id = task.id AND answer.assignment_id IS NOT NULL) AS placed,
           (SELECT count(*) FROM tasks_app_answer AS answer
             WHERE answer.task_id = task.id) AS answered
      FROM tasks_app_task AS task
     WHERE task.project_id = %(project)s AND NOT task.is_gold
)
"""
OVERFULL = f"""{REALITY}
SELECT reality.id, leased + placed, least(slots, project.max_answers)
  FROM reality JOIN tasks_app_project AS project ON project.id = reality.project_id
 WHERE leased + placed > least(slots, project.max_answers)
"""  # noqa: S608 -- made of constants
MISCOUNTED_PLACES = f"""{REALITY}
SELECT id, slots, open_slots, answers_due, leased, placed
  FROM reality
 WHERE answers_due <> open_slots + leased OR slots <> placed + answers_due
    OR is_open <> (open_slots > 0)
"""  # noqa: S608 -- made of constants
MISCOUNTED_ANSWERS = (
    f"{REALITY} SELECT id, n_answers, answered FROM reality WHERE n_answers <> answered"  # noqa: S608 -- made of constants
)
TALLIES = """
SELECT name, told, there FROM (
    SELECT (SELECT coalesce(sum(items), 0) FROM tasks_app_tally WHERE project_id = %(project)s),
           (SELECT coalesce(sum(tasks), 0) FROM tasks_app_tally WHERE project_id = %(project)s),
           (SELECT coalesce(sum(open_tasks), 0) FROM tasks_app_tally
             WHERE project_id = %(project)s),
           (SELECT coalesce(sum(resolved), 0) FROM tasks_app_tally WHERE project_id = %(project)s),
           (SELECT coalesce(sum(unresolvable), 0) FROM tasks_app_tally
             WHERE project_id = %(project)s),
           (SELECT coalesce(sum(answers), 0) FROM tasks_app_tally WHERE project_id = %(project)s)
) AS tally (items, tasks, open_tasks, resolved, unresolvable, answers)
 CROSS JOIN LATERAL (VALUES
    ('items', items, (SELECT count(*) FROM tasks_app_item WHERE project_id = %(project)s)),
    ('tasks', tasks, (SELECT count(*) FROM tasks_app_task WHERE project_id = %(project)s)),
    ('open tasks', open_tasks, (SELECT count(*) FROM tasks_app_task
        WHERE project_id = %(project)s AND is_open AND NOT is_gold)),
    ('resolved', resolved, (SELECT count(*) FROM tasks_app_task
        WHERE project_id = %(project)s AND state = 'resolved')),
    ('unresolvable', unresolvable, (SELECT count(*) FROM tasks_app_task
        WHERE project_id = %(project)s AND state = 'unresolvable')),
    ('answers', answers, (SELECT count(*) FROM tasks_app_answer WHERE project_id = %(project)s))
) AS compared (name, told, there)
 WHERE told <> there
"""
STUCK = """
SELECT uid, round(extract(epoch FROM %(now)s - leased_until))
  FROM tasks_app_assignment
 WHERE project_id = %(project)s AND state = 'leased'
   AND leased_until < %(now)s - make_interval(secs => %(most_late_s)s)
"""
N_TASKS = "SELECT count(*) FROM tasks_app_task WHERE project_id = %(project)s"
N_ANSWERS = "SELECT count(*) FROM tasks_app_answer WHERE project_id = %(project)s"
N_LEASED = """
SELECT count(*) FROM tasks_app_assignment WHERE project_id = %(project)s AND state = 'leased'
"""


def within_redundancy(scene: Scene) -> Finding:
    """Leases and the answers that took a place never exceed the places given."""
    over = faults(scene.rows(OVERFULL), "task {0}: {1} of {2}")
    return Finding(f"{scene.figure(N_TASKS)} tasks, {len(over)} overfull", over)


def places(scene: Scene) -> Finding:
    """The counters of a task's places are what its leases and answers say."""
    wrong = faults(
        scene.rows(MISCOUNTED_PLACES),
        "task {0}: slots {1}, open {2}, due {3}, but {4} leased and {5} answered",
    )
    return Finding(f"{scene.figure(N_TASKS)} tasks, {len(wrong)} miscounted", wrong)


def answers(scene: Scene) -> Finding:
    """What is counted of answers, items and tasks is what is there."""
    wrong = faults(scene.rows(MISCOUNTED_ANSWERS), "task {0}: {1} counted, {2} there")
    wrong += faults(scene.rows(TALLIES), "{0}: {1} tallied, {2} there")
    return Finding(f"{scene.figure(N_ANSWERS)} answers, {len(wrong)} counts off", wrong)


def leases(scene: Scene) -> Finding:
    """No lease outlives its time by more than a sweep or two."""
    stuck = faults(scene.rows(STUCK, most_late_s=MOST_LATE_S), "assignment {0}: {1} s over")
    return Finding(f"{scene.figure(N_LEASED)} leases, {len(stuck)} stuck", stuck)

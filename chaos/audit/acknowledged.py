"""What the clients were told was done, is done, and once."""

import json
from collections import Counter
from typing import Any

from chaos.audit.finding import Finding, Scene, faults

ANSWERED = """
SELECT lease.uid::text, task.uid::text, answer.values::text, lease.state
  FROM tasks_app_assignment AS lease
  JOIN tasks_app_answer AS answer ON answer.assignment_id = lease.id
  JOIN tasks_app_task AS task ON task.id = answer.task_id
 WHERE lease.project_id = %(project)s
"""
RECORDED = """
SELECT item.external_id, worker.username, answer.values::text
  FROM tasks_app_answer AS answer
  JOIN tasks_app_task AS task ON task.id = answer.task_id
  JOIN tasks_app_item AS item ON item.id = task.item_id
  JOIN accounts_user AS worker ON worker.id = answer.worker_id
 WHERE answer.project_id = %(project)s AND answer.assignment_id IS NULL
"""
ITEMS = "SELECT external_id FROM tasks_app_item WHERE project_id = %(project)s"
ANSWERED_TWICE = """
SELECT task_id, worker_id, count(*) FROM tasks_app_answer
 WHERE project_id = %(project)s GROUP BY 1, 2 HAVING count(*) > 1
 UNION ALL
SELECT task_id, worker_id, count(*) FROM tasks_app_assignment
 WHERE project_id = %(project)s AND state = 'answered' GROUP BY 1, 2 HAVING count(*) > 1
"""


def kept(scene: Scene) -> Finding:
    """No acknowledged answer, item or recorded answer is lost."""
    story = scene.story
    answered = {
        uid: (task, _values(values), state) for uid, task, values, state in scene.rows(ANSWERED)
    }
    lost = [
        f"answer to {ack['task']} of assignment {uid}"
        for uid, ack in story.acks.items()
        if answered.get(uid) != (ack["task"], ack["answer"], "answered")
    ]
    items = {external_id for (external_id,) in scene.rows(ITEMS)}
    lost += [f"item {external_id}" for external_id in sorted(story.items - items)]
    recorded = {(item, worker): _values(values) for item, worker, values in scene.rows(RECORDED)}
    lost += [
        f"recorded answer of {row['worker']} to {row['external_id']}"
        for row in story.recorded
        if recorded.get((row["external_id"], row["worker"])) != row["answer"]
    ]
    n = f"{len(story.acks)} answers, {len(story.items)} items, {len(story.recorded)} recorded"
    return Finding(f"{n} acknowledged, {len(lost)} lost", lost)


def once(scene: Scene) -> Finding:
    """No answer is acknowledged as new twice, and nobody answers a task twice."""
    story = scene.story
    twice = [f"assignment {uid} created {n} times" for uid, n in story.created.items() if n > 1]
    by_place = Counter((ack["task"], ack["worker"]) for ack in story.acks.values())
    twice += [f"{worker} on {task}, {n} times" for (task, worker), n in by_place.items() if n > 1]
    twice += faults(scene.rows(ANSWERED_TWICE), "task {0}, worker {1}, {2} times")
    return Finding(f"{len(story.created)} places answered, {len(twice)} twice", twice)


def _values(text: str) -> Any:
    """An answer's values with its absences left out."""
    return {name: value for name, value in json.loads(text).items() if value is not None}

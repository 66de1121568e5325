"""Made-up items, and the consensus rows that belong to them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

FORM = {
    "key": "kind",
    "type": "choice",
    "prompt": "What is it?",
    "labels": ["wren", "owl", "other"],
    "required": True,
}
# One revision for each task, as a settling writes it; the feed and the consensus are the same rows.
REVISIONS = """
INSERT INTO quality_revision
       (project_id, seq, item_id, task_id, field, revision, is_latest, state, cause, value,
        distribution, confidence, stop_posterior, share, n_answers, n_set_aside, aggregator,
        aggregator_version, aggregator_parameters, guideline_version, resolved_at, written_at)
SELECT task.project_id, row_number() OVER (ORDER BY task.id), task.item_id, task.id, 'kind', 1,
       true, 'resolved', 'answer', to_jsonb(label.name),
       jsonb_build_object('wren', 0.0123, 'owl', 0.0077, 'other', 0.0, label.name, 0.98), 0.98,
       0.9912, 0.8, 5, 0, 'Default', '1', '{"members": 4}', 1, now(), now()
  FROM tasks_app_task AS task
 CROSS JOIN LATERAL (
       SELECT (ARRAY['wren', 'owl', 'other'])[1 + task.id %% 3] AS name) AS label
 WHERE task.project_id = %(project)s;
UPDATE quality_settling
   SET head = (SELECT count(*) FROM quality_revision WHERE project_id = %(project)s)
 WHERE project_id = %(project)s
"""
# As autovacuum leaves them.
TIDY = (
    "VACUUM (ANALYZE) quality_revision",
    "VACUUM (ANALYZE) tasks_app_task",
    "VACUUM (ANALYZE) tasks_app_item",
    "CHECKPOINT",
)
# The same rows by the plain statement: what a client reads, column by column.
COPY_OUT = """
COPY (
    SELECT revision.seq, item.external_id, task.uid, task.part_index, revision.field,
           revision.revision, revision.state, revision.value, revision.distribution,
           revision.interval, revision.confidence, revision.stop_posterior, revision.share,
           revision.n_answers, revision.n_set_aside, revision.aggregator,
           revision.aggregator_version, revision.aggregator_parameters,
           revision.guideline_version, revision.cause, revision.resolved_at
      FROM quality_revision AS revision
      JOIN tasks_app_item AS item ON item.id = revision.item_id
      LEFT JOIN tasks_app_task AS task ON task.id = revision.task_id
     WHERE revision.project_id = {project} AND {which}
     ORDER BY revision.seq
) TO STDOUT
"""
BARE_ITEMS = "CREATE TABLE {name} (external_id text, payload jsonb, priority int)"


def items(n: int) -> Iterator[dict[str, Any]]:
    """Items as an upload has them."""
    for number in range(n):
        text = f"Which bird is to be seen on photograph {number}, taken at dawn by the lake?"
        payload = {"n": number, "text": text, "place": [number % 90, number % 180]}
        yield {"external_id": f"item-{number:08}", "payload": payload, "priority": number % 10}


def write(n: int, ndjson: Path, copied: Path) -> None:
    """The items as an upload, and as the text format of COPY."""
    with ndjson.open("w") as upload, copied.open("w") as table:
        for item in items(n):
            upload.write(json.dumps(item) + "\n")
            payload = json.dumps(item["payload"]).replace("\\", "\\\\")
            table.write(f"{item['external_id']}\t{payload}\t{item['priority']}\n")


def plant_revisions(session: psycopg.Connection[Any], project: int) -> None:
    """Consensus for every task of the project, and tables as they are after a while."""
    session.execute("SET statement_timeout = 0")
    write_revisions(session, project)
    for statement in TIDY:
        session.execute(statement)


def write_revisions(session: psycopg.Connection[Any], project: int) -> None:
    """The rows of consensus themselves."""
    for statement in REVISIONS.strip().split(";\n"):
        session.execute(statement, {"project": project})

"""The statements without a service: one that claims, one that submits, on tables of their own."""

import re

# The plain way: the most urgent open task that this worker has not had and nobody holds locked.
CLAIM = """
WITH best AS MATERIALIZED (
    SELECT task.id, task.payload
      FROM bare.task AS task
     WHERE task.is_open
       AND NOT EXISTS (SELECT FROM bare.assignment AS mine
                        WHERE mine.worker_id = :worker AND mine.task_id = task.id)
     ORDER BY task.priority DESC, task.id
     LIMIT 1
       FOR NO KEY UPDATE OF task SKIP LOCKED
), taken AS (
    UPDATE bare.task
       SET open_slots = open_slots - 1, is_open = open_slots > 1
     WHERE id = ANY (ARRAY (SELECT id FROM best))
)
INSERT INTO bare.assignment (task_id, worker_id, leased_until)
SELECT id, :worker, now() + interval '10 minutes' FROM best
RETURNING id, (SELECT payload FROM best)
"""
SUBMIT = """
WITH mine AS MATERIALIZED (
    UPDATE bare.assignment
       SET state = 'answered', answer = :answer
     WHERE id = :id AND state = 'leased' AND leased_until > now()
 RETURNING task_id
)
UPDATE bare.task
   SET answers_due = answers_due - 1
 WHERE id = ANY (ARRAY (SELECT task_id FROM mine))
RETURNING id
"""
TABLES = """
CREATE SCHEMA bare;
CREATE TABLE bare.task (
    id bigint PRIMARY KEY, priority int NOT NULL, open_slots smallint NOT NULL,
    answers_due smallint NOT NULL, is_open boolean NOT NULL, payload jsonb NOT NULL
) WITH (fillfactor = 85);
CREATE TABLE bare.assignment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task_id bigint NOT NULL,
    worker_id bigint NOT NULL, state text NOT NULL DEFAULT 'leased',
    leased_until timestamptz NOT NULL, answer jsonb, UNIQUE (worker_id, task_id)
) WITH (fillfactor = 85);
INSERT INTO bare.task
SELECT n, {priority}, {slots}, {slots}, true, {payload} FROM generate_series(1, {n_tasks}) AS n;
CREATE INDEX task_open ON bare.task (priority DESC, id) WHERE is_open
"""
PGBENCH = (
    "\\set worker :first + :client_id + :clients * random(0, :mine - 1)\n"
    + CLAIM.strip()
    + "\n\\gset\n"
    + SUBMIT.strip().replace(":answer", """'{"kind": "wren"}'""")
    + ";\n"
)


def for_psycopg(statement: str) -> str:
    """The statement with the placeholders of psycopg."""
    return re.sub(r":(worker|answer|id)\b", r"%(\1)s", statement)

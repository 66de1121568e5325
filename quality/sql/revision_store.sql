-- Store the next rows of a project's feed, numbered after its head. The caller holds the lock on it.
WITH head AS (
    UPDATE quality_settling SET head = head + %(n_rows)s
     WHERE project_id = %(project_id)s
 RETURNING head - %(n_rows)s AS seq
)
INSERT INTO quality_revision
       (project_id, seq, item_id, task_id, field, revision, is_latest, state, cause, value,
        distribution, "interval", confidence, stop_posterior, share, n_answers, n_set_aside,
        aggregator, aggregator_version, aggregator_parameters, guideline_version, resolved_at,
        written_at)
SELECT %(project_id)s, head.seq + fresh.number, fresh.item_id, fresh.task_id, fresh.field,
       fresh.revision, true, fresh.state, fresh.cause, fresh.value, fresh.distribution,
       fresh."interval", fresh.confidence, fresh.stop_posterior, fresh.share, fresh.n_answers,
       fresh.n_set_aside, fresh.aggregator, fresh.aggregator_version,
       fresh.aggregator_parameters, fresh.guideline_version, fresh.resolved_at, %(now)s
  FROM head, ROWS FROM (jsonb_to_recordset(%(rows)s::jsonb) AS (
       item_id bigint, task_id bigint, field text, revision int, state text, cause text,
       value jsonb, distribution jsonb, "interval" jsonb, confidence float8,
       stop_posterior float8, share float8, n_answers int, n_set_aside int, aggregator text,
       aggregator_version text, aggregator_parameters jsonb, guideline_version int,
       resolved_at timestamptz)) WITH ORDINALITY AS fresh (
       item_id, task_id, field, revision, state, cause, value, distribution, "interval",
       confidence, stop_posterior, share, n_answers, n_set_aside, aggregator,
       aggregator_version, aggregator_parameters, guideline_version, resolved_at, number)
 ORDER BY fresh.number

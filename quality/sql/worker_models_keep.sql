-- Keep what a fit learned of each worker's answers to one field.
INSERT INTO quality_workermodel (project_id, field, worker_id, parameters)
SELECT %(project_id)s, %(field)s, fresh.worker_id, fresh.parameters
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (worker_id bigint, parameters float8[])
 ORDER BY fresh.worker_id
    ON CONFLICT ON CONSTRAINT one_model_per_worker DO UPDATE
   SET parameters = excluded.parameters

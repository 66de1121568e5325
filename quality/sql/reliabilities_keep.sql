-- Keep how accurate each worker is on a project.
INSERT INTO quality_reliability (project_id, worker_id, n_answers, alpha, beta)
SELECT %(project_id)s, fresh.worker_id, fresh.n_answers, fresh.alpha, fresh.beta
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
       worker_id bigint, n_answers int, alpha float8, beta float8)
 ORDER BY fresh.worker_id
    ON CONFLICT ON CONSTRAINT one_reliability_per_worker DO UPDATE
   SET n_answers = excluded.n_answers, alpha = excluded.alpha, beta = excluded.beta

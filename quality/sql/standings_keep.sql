-- Keep what a study found of each worker on a project; who is not among them has no answers left.
WITH fresh AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
        worker_id bigint, n_answers int, n_accepted int, n_timed int, seconds float8,
        recent_agreement float8[], recent_speed float8[], last_answer_at timestamptz,
        figures jsonb, mirrored jsonb)
), gone AS (
    DELETE FROM quality_standing AS old
     WHERE old.project_id = %(project_id)s
       AND NOT EXISTS (SELECT FROM fresh WHERE fresh.worker_id = old.worker_id)
)
INSERT INTO quality_standing AS old
       (project_id, worker_id, n_answers, n_accepted, n_timed, seconds, recent_agreement,
        recent_speed, last_answer_at, figures, mirrored, n_mirrored, studied_at)
SELECT %(project_id)s, worker_id, n_answers, n_accepted, n_timed, seconds, recent_agreement,
       recent_speed, last_answer_at, figures,
       CASE WHEN n_answers >= %(step)s THEN mirrored ELSE '{}' END,
       n_answers / %(step)s * %(step)s, %(now)s
  FROM fresh
 ORDER BY worker_id
    ON CONFLICT ON CONSTRAINT one_standing_per_worker DO UPDATE
   SET n_answers = excluded.n_answers, n_accepted = excluded.n_accepted,
       n_timed = excluded.n_timed, seconds = excluded.seconds,
       recent_agreement = excluded.recent_agreement, recent_speed = excluded.recent_speed,
       last_answer_at = excluded.last_answer_at, figures = excluded.figures,
       mirrored = CASE WHEN excluded.n_mirrored > old.n_mirrored
                       THEN excluded.mirrored ELSE old.mirrored END,
       n_mirrored = greatest(excluded.n_mirrored, old.n_mirrored), studied_at = excluded.studied_at

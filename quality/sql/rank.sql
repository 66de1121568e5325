-- Order the tasks just predicted that nobody has touched: the less sure the newest
-- predictions are of a task, the sooner it is offered. A task that no model has looked at
-- keeps rank 0, before them all, and one that was begun -1. Locked in pk order.
WITH newest AS MATERIALIZED (
    SELECT DISTINCT ON (prediction.task_id, prediction.field)
           prediction.task_id,
           coalesce(
               (SELECT CASE WHEN prediction.field = ANY (%(sets)s::text[])
                            THEN min(greatest(p::float8, 1 - p::float8))
                            ELSE max(p::float8) END
                  FROM jsonb_each_text(prediction.distribution) AS told (label, p)),
               prediction.score, 0) AS sureness
      FROM quality_prediction AS prediction
     WHERE prediction.task_id IN (SELECT task_id FROM stage_predicted)
     ORDER BY prediction.task_id, prediction.field, prediction.created_at DESC,
              prediction.id DESC
), wanted AS MATERIALIZED (
    SELECT task_id, min(sureness) AS rank FROM newest GROUP BY task_id
), locked AS MATERIALIZED (
    SELECT task.id, wanted.rank
      FROM tasks_app_task AS task
      JOIN wanted ON wanted.task_id = task.id
     WHERE task.state = 'open' AND NOT task.is_gold AND task.n_answers = 0
       AND task.answers_due = task.open_slots AND task.rank >= 0 AND task.rank <> wanted.rank
     ORDER BY task.id
       FOR NO KEY UPDATE OF task
)
UPDATE tasks_app_task AS task
   SET rank = locked.rank
  FROM locked
 WHERE task.id = locked.id

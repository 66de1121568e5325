-- Count the new answers on their tasks, locked in pk order.
WITH counted AS MATERIALIZED (
    SELECT task_id, count(*) AS n FROM stage_new GROUP BY task_id
), locked AS MATERIALIZED (
    SELECT task.id
      FROM tasks_app_task AS task
     WHERE task.id IN (SELECT task_id FROM counted)
     ORDER BY task.id
       FOR NO KEY UPDATE
)
UPDATE tasks_app_task AS task
   SET n_answers = task.n_answers + counted.n
  FROM counted JOIN locked ON locked.id = counted.task_id
 WHERE task.id = counted.task_id
RETURNING task.id

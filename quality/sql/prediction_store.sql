-- Store the staged predictions; of several for one (task, field, model), the last in the
-- upload. One that says the same again is left as it is.
WITH made AS (
    INSERT INTO quality_prediction AS prediction
           (project_id, task_id, field, model_version, value, score, distribution, created_at)
    SELECT DISTINCT ON (task.id, staged.field, staged.model_version)
           %(project_id)s, task.id, staged.field, staged.model_version, staged.value,
           staged.score, staged.distribution, %(now)s
      FROM stage_prediction AS staged
      JOIN tasks_app_item AS item
        ON item.project_id = %(project_id)s AND item.external_id = staged.external_id
       AND item.withdrawn_at IS NULL
      JOIN tasks_app_task AS task
        ON task.item_id = item.id AND task.part_index IS NOT DISTINCT FROM staged.part
     ORDER BY task.id, staged.field, staged.model_version, staged.row DESC
        ON CONFLICT ON CONSTRAINT prediction_once DO UPDATE
       SET value = excluded.value, score = excluded.score,
           distribution = excluded.distribution, created_at = excluded.created_at
     WHERE (prediction.value, prediction.score, prediction.distribution)
           IS DISTINCT FROM (excluded.value, excluded.score, excluded.distribution)
 RETURNING task_id
)
INSERT INTO stage_predicted (task_id) SELECT task_id FROM made

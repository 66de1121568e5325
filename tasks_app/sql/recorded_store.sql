-- Store the staged answers that are new; of several by one worker, the first in the upload.
WITH placed AS (
    SELECT DISTINCT ON (task.id, person.worker_id)
           task.id AS task_id, person.worker_id, staged.values, staged.answered_at
      FROM stage_answer AS staged
      JOIN stage_worker AS person ON person.name = staged.worker
      JOIN tasks_app_item AS item
        ON item.project_id = %(project_id)s AND item.external_id = staged.external_id
       AND item.withdrawn_at IS NULL
      JOIN tasks_app_task AS task
        ON task.item_id = item.id AND task.part_index IS NOT DISTINCT FROM staged.part
     ORDER BY task.id, person.worker_id, staged.row
), made AS (
    INSERT INTO tasks_app_answer
           (project_id, task_id, worker_id, values, answered_at, late)
    SELECT %(project_id)s, task_id, worker_id, values, answered_at, false
      FROM placed
        ON CONFLICT ON CONSTRAINT answer_once_per_worker DO NOTHING
 RETURNING task_id
)
INSERT INTO stage_new (task_id) SELECT task_id FROM made

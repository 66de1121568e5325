-- Staged answers that differ from the one their worker gave.
SELECT staged.row
  FROM stage_answer AS staged
  JOIN stage_worker AS person ON person.name = staged.worker
  JOIN tasks_app_item AS item
    ON item.project_id = %(project_id)s AND item.external_id = staged.external_id
   AND item.withdrawn_at IS NULL
  JOIN tasks_app_task AS task
    ON task.item_id = item.id AND task.part_index IS NOT DISTINCT FROM staged.part
  JOIN tasks_app_answer AS answer
    ON answer.task_id = task.id AND answer.worker_id = person.worker_id
 WHERE answer.values <> staged.values
 ORDER BY staged.row

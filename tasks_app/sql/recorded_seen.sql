-- Staged answers beside what their workers saw.
SELECT staged.row, staged.values, item.payload, task.part_index, task.part_of, task.part_start,
       task.part_end
  FROM stage_answer AS staged
  JOIN tasks_app_item AS item
    ON item.project_id = %(project_id)s AND item.external_id = staged.external_id
   AND item.withdrawn_at IS NULL
  JOIN tasks_app_task AS task
    ON task.item_id = item.id AND task.part_index IS NOT DISTINCT FROM staged.part
 ORDER BY staged.row

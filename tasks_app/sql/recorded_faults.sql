-- Staged answers whose item or part is not there to be answered.
SELECT staged.row,
       CASE WHEN item.id IS NULL THEN 'unknown_item'
            WHEN item.withdrawn_at IS NOT NULL THEN 'item_withdrawn'
            ELSE 'unknown_part' END
  FROM stage_answer AS staged
  LEFT JOIN tasks_app_item AS item
    ON item.project_id = %(project_id)s AND item.external_id = staged.external_id
  LEFT JOIN tasks_app_task AS task
    ON task.item_id = item.id AND task.part_index IS NOT DISTINCT FROM staged.part
 WHERE task.id IS NULL OR item.withdrawn_at IS NOT NULL
 ORDER BY staged.row

-- Register the models whose predictions are staged, and that are not known yet.
INSERT INTO quality_modelversion (project_id, version, created_at)
SELECT DISTINCT %(project_id)s::bigint, staged.model_version, %(now)s::timestamptz
  FROM stage_prediction AS staged
  JOIN tasks_app_item AS item
    ON item.project_id = %(project_id)s AND item.external_id = staged.external_id
   AND item.withdrawn_at IS NULL
  JOIN tasks_app_task AS task
    ON task.item_id = item.id AND task.part_index IS NOT DISTINCT FROM staged.part
 ORDER BY staged.model_version
    ON CONFLICT ON CONSTRAINT model_version_unique DO NOTHING

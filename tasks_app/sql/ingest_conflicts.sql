-- Staged rows whose id is there with another payload.
SELECT staged.row, staged.external_id
  FROM stage_item AS staged
  JOIN tasks_app_item AS item
    ON item.project_id = %(project_id)s AND item.external_id = staged.external_id
 WHERE item.digest <> staged.digest
 ORDER BY staged.row

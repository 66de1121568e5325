-- Store the staged items that are new; of several with one id, the first in the upload.
WITH firsts AS (
    SELECT min(row) AS row FROM stage_item GROUP BY external_id
), made AS (
    INSERT INTO tasks_app_item
           (project_id, batch_id, external_id, digest, payload, gold, hint, priority,
            created_at, withdrawn_because)
    SELECT %(project_id)s, %(batch_id)s, staged.external_id, staged.digest, staged.payload,
           staged.gold, staged.hint, staged.priority, %(now)s, ''
      FROM stage_item AS staged JOIN firsts USING (row)
     ORDER BY staged.row
        ON CONFLICT ON CONSTRAINT item_once_per_project DO NOTHING
 RETURNING id, external_id
)
INSERT INTO stage_new (item_id, row)
SELECT made.id, min(staged.row)
  FROM made JOIN stage_item AS staged USING (external_id)
 GROUP BY made.id

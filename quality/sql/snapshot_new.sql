-- How many labels of a snapshot an earlier one did not have, or had with another value; a
-- label whose confidence alone was refitted is not new. Counted up to a limit.
SELECT count(*) FROM (
    SELECT FROM quality_revision AS revision
      JOIN tasks_app_task AS task ON task.id = revision.task_id
     WHERE revision.project_id = %(project_id)s
       AND revision.seq > %(after)s AND revision.seq <= %(up_to_seq)s
       AND revision.state = 'resolved'
       AND (%(field)s::text IS NULL OR revision.field = %(field)s)
       AND (NOT task.is_gold OR EXISTS (
           SELECT FROM quality_promotion AS promoted
            WHERE promoted.task_id = task.id AND promoted.seq >= %(up_to_seq)s))
       AND (SELECT true FROM quality_revision AS later
             WHERE later.item_id = revision.item_id AND later.task_id = revision.task_id
               AND later.revision > revision.revision AND later.seq <= %(up_to_seq)s
               AND (later.state = 'withdrawn'
                    OR (later.field = revision.field AND later.state = 'resolved'))
             LIMIT 1) IS NULL
       AND (SELECT before.value FROM quality_revision AS before
             WHERE before.item_id = revision.item_id AND before.task_id = revision.task_id
               AND before.field = revision.field AND before.state = 'resolved'
               AND before.seq <= %(after)s
             ORDER BY before.revision DESC
             LIMIT 1) IS DISTINCT FROM revision.value
     LIMIT %(limit)s) AS fresh

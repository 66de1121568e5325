-- A stretch of a snapshot: the latest resolved revision of each (task, field) up to a seq.
-- It asks revisions only, which never change, and of gold when it was promoted: so the answer
-- stays the same for ever.
-- The scalar subqueries keep PostgreSQL from reading the whole feed for every stretch.
SELECT revision.seq, item.external_id, task.part_index, task.part_of, task.part_start,
       task.part_end, item.payload, revision.field, revision.value, revision.distribution,
       revision.confidence, revision.n_answers
  FROM quality_revision AS revision
  JOIN tasks_app_task AS task ON task.id = revision.task_id
  JOIN tasks_app_item AS item ON item.id = revision.item_id
 WHERE revision.project_id = %(project_id)s
   AND revision.seq > %(after)s AND revision.seq <= %(until)s
   AND revision.state = 'resolved'
   AND (%(field)s::text IS NULL OR revision.field = %(field)s)
   AND (NOT task.is_gold OR EXISTS (
       SELECT FROM quality_promotion AS promoted
        WHERE promoted.task_id = task.id AND promoted.seq >= %(up_to_seq)s))
   AND (SELECT true FROM quality_revision AS later
         WHERE later.item_id = revision.item_id AND later.task_id = revision.task_id
           AND later.field = revision.field AND later.revision > revision.revision
           AND later.seq <= %(up_to_seq)s AND later.state = 'resolved'
         LIMIT 1) IS NULL
   AND (SELECT true FROM quality_revision AS gone
         WHERE gone.item_id = revision.item_id AND gone.task_id = revision.task_id
           AND gone.seq <= %(up_to_seq)s AND gone.state = 'withdrawn'
         LIMIT 1) IS NULL
 ORDER BY revision.seq

-- The tasks on offer, in the words of the queue: neg_priority ascends as urgency falls.
CREATE OR REPLACE VIEW concord_queue AS
SELECT id, project_id, priority * -1 AS neg_priority, rank, late_xid
  FROM tasks_app_task
 WHERE is_open AND NOT is_gold

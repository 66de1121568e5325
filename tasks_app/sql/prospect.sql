-- How many leases a worker holds in a project, and whether a task is open that they have not
-- had; found from their bookmark on, as a claim finds it.
CREATE OR REPLACE FUNCTION concord_prospect(
    the_project bigint, the_worker bigint, the_time timestamptz)
RETURNS TABLE (held bigint, has_new boolean) LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
    SELECT (SELECT count(*) FROM tasks_app_assignment AS mine
             WHERE mine.worker_id = the_worker AND mine.project_id = the_project
               AND mine.state = 'leased' AND mine.leased_until > the_time),
           EXISTS (SELECT FROM concord_queue AS task
                    WHERE task.project_id = the_project
                      AND (task.neg_priority, task.rank, task.id)
                          >= (mark.neg_priority, mark.rank, mark.task_id)
                      AND (SELECT true FROM tasks_app_assignment AS mine
                            WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                              AND mine.state <> 'released') IS NULL)
        OR EXISTS (SELECT FROM concord_queue AS task
                    WHERE task.project_id = the_project
                      AND task.late_xid > 0 AND task.late_xid >= mark.seen
                      AND task.neg_priority <= mark.neg_priority
                      AND (task.neg_priority < mark.neg_priority
                           OR (task.rank, task.id) < (mark.rank, mark.task_id))
                      AND (SELECT true FROM tasks_app_assignment AS mine
                            WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                              AND mine.state <> 'released') IS NULL)
      FROM tasks_app_project AS project
     CROSS JOIN LATERAL concord_mark_of(the_project, project.queue_epoch, the_worker) AS mark
     WHERE project.id = the_project
$$

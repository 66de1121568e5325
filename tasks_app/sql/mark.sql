-- Where the search of a worker in a project begins: at their own bookmark or at the floor,
-- whichever is further; at the very start (is_own null) if neither holds any more.
CREATE OR REPLACE FUNCTION concord_mark(the_project bigint, the_epoch bigint, the_worker bigint)
RETURNS TABLE (is_own boolean, seen bigint, neg_priority int, rank float8, task_id bigint)
LANGUAGE sql STABLE AS $$
    SELECT known.is_own, known.seen, known.neg_priority, known.rank, known.task_id
      FROM (SELECT true AS is_own, own.seen, own.neg_priority, own.rank, own.task_id, own.epoch,
                   own.server_started
              FROM tasks_app_bookmark AS own
             WHERE own.worker_id = the_worker AND own.project_id = the_project
             UNION ALL
           (SELECT false, floor.seen, floor.neg_priority, floor.rank, floor.task_id, floor.epoch,
                   floor.server_started
              FROM tasks_app_floor AS floor
             WHERE floor.project_id = the_project
             ORDER BY floor.id DESC
             LIMIT 1)
             UNION ALL
            SELECT NULL, 0, -2147483648, 0, 0, the_epoch, pg_postmaster_start_time()) AS known
     WHERE known.epoch = the_epoch AND known.server_started = pg_postmaster_start_time()
     ORDER BY known.neg_priority DESC, known.rank DESC, known.task_id DESC, known.is_own DESC
     LIMIT 1
$$

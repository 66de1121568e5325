-- Where the search of a worker in a project begins: at their own bookmark or at the front (then
-- without worker_id), whichever is further; at the very start (without epoch) if neither holds.
DROP TYPE IF EXISTS concord_mark CASCADE;
CREATE TYPE concord_mark AS (
    worker_id bigint, epoch bigint, seen bigint, neg_priority int, rank float8, task_id bigint);
CREATE FUNCTION concord_mark_of(the_project bigint, the_epoch bigint, the_worker bigint)
RETURNS concord_mark LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    own tasks_app_bookmark;
    front tasks_app_front;
    started timestamptz := pg_postmaster_start_time();
    has_own boolean;
    has_front boolean;
BEGIN
    SELECT * INTO own FROM tasks_app_bookmark
     WHERE worker_id = the_worker AND project_id = the_project;
    SELECT * INTO front FROM tasks_app_front
     WHERE project_id = the_project ORDER BY id DESC LIMIT 1;
    has_own := coalesce(own.epoch = the_epoch AND own.server_started = started, false);
    has_front := coalesce(front.epoch = the_epoch AND front.server_started = started, false);
    IF has_own AND (NOT has_front OR (own.neg_priority, own.rank, own.task_id)
                                     >= (front.neg_priority, front.rank, front.task_id))
    THEN
        RETURN (the_worker, own.epoch, own.seen, own.neg_priority, own.rank, own.task_id);
    ELSIF has_front THEN
        RETURN (NULL::bigint, front.epoch, front.seen, front.neg_priority, front.rank,
                front.task_id);
    END IF;
    RETURN (NULL::bigint, NULL::bigint, 0::bigint, -2147483648, 0::float8, 0::bigint);
END
$$

-- Where the search of a worker in a project begins: at their own bookmark or at the floor (then
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
    floor tasks_app_floor;
    started timestamptz := pg_postmaster_start_time();
    has_own boolean;
    has_floor boolean;
BEGIN
    SELECT * INTO own FROM tasks_app_bookmark
     WHERE worker_id = the_worker AND project_id = the_project;
    SELECT * INTO floor FROM tasks_app_floor
     WHERE project_id = the_project ORDER BY id DESC LIMIT 1;
    has_own := coalesce(own.epoch = the_epoch AND own.server_started = started, false);
    has_floor := coalesce(floor.epoch = the_epoch AND floor.server_started = started, false);
    IF has_own AND (NOT has_floor OR (own.neg_priority, own.rank, own.task_id)
                                     >= (floor.neg_priority, floor.rank, floor.task_id))
    THEN
        RETURN (the_worker, own.epoch, own.seen, own.neg_priority, own.rank, own.task_id);
    ELSIF has_floor THEN
        RETURN (NULL::bigint, floor.epoch, floor.seen, floor.neg_priority, floor.rank,
                floor.task_id);
    END IF;
    RETURN (NULL::bigint, NULL::bigint, 0::bigint, -2147483648, 0::float8, 0::bigint);
END
$$

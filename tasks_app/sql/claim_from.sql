-- Lease the best open tasks of one project to one worker. Returns the assignments' ids.
--
-- Flat however many tasks are open, done by this worker, or closed behind an old snapshot: the
-- search begins at a bookmark (see tasks_app.models.queue) and looks twice, from the bookmark on
-- in the order of urgency (the main lane), after what came on offer before it since (the late
-- lane). SKIP LOCKED lets workers pass each other. Bookmarks move seldom, for a stale one is a
-- true one. (What stands before a bookmark is asked for by its priority apart: so the index of the
-- late lane is entered once for each priority, and what was stamped earlier is passed over.) Many
-- short statements, for the plan of each is a walk along one index.
--
-- A lease's uid says of which project it is, in its first 32 bits, and nothing else (RFC 9562,
-- version 8): an answer is checked against the form before the lease is looked up.
CREATE OR REPLACE FUNCTION concord_lease_uid(the_project bigint)
RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex(the_project & 4294967295), 8, '0')
            || overlay(substr(gen_random_uuid()::text, 9) PLACING '8' FROM 7))::uuid
$$;
CREATE OR REPLACE FUNCTION concord_claim_from(
    the_project bigint, the_worker bigint, wanted int, the_time timestamptz)
RETURNS bigint[] LANGUAGE plpgsql
-- Plans are made once, for any size. Each search walks one index in its order and stops early.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    project tasks_app_project;
    horizon bigint;
    mark concord_mark;
    is_own boolean;
    room int;
    golds bigint[] := '{}';
    got bigint[] := '{}';
    leases bigint[];
    is_late boolean;
    landed concord_queue;
    next_place concord_queue;
    next_seen bigint;
    moves boolean;
BEGIN
    -- One claim of a worker on a project at a time, or two could overrun the lease limit or
    -- meet on one task. What follows sees what the last one did.
    PERFORM pg_advisory_xact_lock(
        (the_project & 2147483647)::int, (the_worker & 2147483647)::int);
    SELECT * INTO project FROM tasks_app_project WHERE id = the_project;
    IF project.state IS DISTINCT FROM 'open'
       OR NOT concord_admits(the_project, project.access, the_worker, the_time)
    THEN
        RETURN got;
    END IF;
    SELECT least(wanted, project.claim_limit - count(*)) INTO room
      FROM tasks_app_assignment AS held
     WHERE held.worker_id = the_worker AND held.project_id = the_project
       AND held.state = 'leased' AND held.leased_until > the_time;
    IF room <= 0 THEN
        RETURN got;
    END IF;
    -- The horizon is read before the searches: what they miss is stamped at or after it.
    horizon := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    mark := concord_mark_of(the_project, project.queue_epoch, the_worker);
    is_own := mark.worker_id IS NOT NULL;
    -- Nothing stands before the very start: all that came late so far would be looked at in vain.
    IF mark.epoch IS NULL THEN
        mark.seen := horizon;
    END IF;

    -- What is late stands before the bookmark, so it is never less urgent than the main lane.
    is_late := EXISTS (
        SELECT FROM concord_queue AS task
         WHERE task.project_id = the_project
           AND task.late_xid > 0 AND task.late_xid >= mark.seen
           AND task.neg_priority <= mark.neg_priority
           AND (task.neg_priority < mark.neg_priority
                OR (task.rank, task.id) < (mark.rank, mark.task_id))
           AND (SELECT true FROM tasks_app_assignment AS mine
                 WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                   AND mine.state <> 'released') IS NULL);

    -- Gold is mixed in at the project's rate and touches no counter; it stops when the real
    -- work does, or its arrival alone would betray it.
    IF project.gold_rate > 0 AND (
        is_late
        OR EXISTS (
            SELECT FROM concord_queue AS task
             WHERE task.project_id = the_project
               AND (task.neg_priority, task.rank, task.id)
                   >= (mark.neg_priority, mark.rank, mark.task_id)
               AND (SELECT true FROM tasks_app_assignment AS mine
                     WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                       AND mine.state <> 'released') IS NULL)
        OR NOT EXISTS (SELECT FROM tasks_app_task AS task
                        WHERE task.project_id = the_project AND NOT task.is_gold))
    THEN
        golds := concord_draw_gold(the_project, the_worker, room, (
            SELECT count(*)::int FROM generate_series(1, room)
             WHERE random() < project.gold_rate));
        room := room - cardinality(golds);
    END IF;

    IF is_late AND room > 0 THEN
        got := ARRAY (
            SELECT task.id
              FROM concord_queue AS task
             WHERE task.project_id = the_project
               AND task.late_xid > 0 AND task.late_xid >= mark.seen
               AND task.neg_priority <= mark.neg_priority
               AND (task.neg_priority < mark.neg_priority
                    OR (task.rank, task.id) < (mark.rank, mark.task_id))
               AND (SELECT true FROM tasks_app_assignment AS mine
                     WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                       AND mine.state <> 'released') IS NULL
             ORDER BY task.neg_priority, task.late_xid, task.rank, task.id
             LIMIT room
               FOR NO KEY UPDATE OF task SKIP LOCKED);
    END IF;
    IF cardinality(got) < room THEN
        got := got || ARRAY (
            SELECT task.id
              FROM concord_queue AS task
             WHERE task.project_id = the_project
               AND (task.neg_priority, task.rank, task.id)
                   >= (mark.neg_priority, mark.rank, mark.task_id)
               AND (SELECT true FROM tasks_app_assignment AS mine
                     WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                       AND mine.state <> 'released') IS NULL
             ORDER BY task.neg_priority, task.rank, task.id
             LIMIT room - cardinality(got)
               FOR NO KEY UPDATE OF task SKIP LOCKED);
    END IF;
    UPDATE tasks_app_task AS task
       SET open_slots = task.open_slots - 1, is_open = task.open_slots > 1
     WHERE task.id = ANY (got);

    WITH leased AS (
        INSERT INTO tasks_app_assignment AS lease
               (uid, project_id, task_id, worker_id, state, guideline_version, leased_at,
                leased_until, n_extended, skipped_because)
        SELECT concord_lease_uid(the_project), the_project, wanted_task, the_worker, 'leased',
               project.guideline_version, the_time,
               the_time + make_interval(secs => project.lease_s), 0, ''
          FROM unnest(got || golds) AS wanted_task
            -- Only a lease the worker gave back is taken up again.
            ON CONFLICT ON CONSTRAINT assignment_once_per_worker DO UPDATE
           SET state = 'leased', leased_at = excluded.leased_at,
               leased_until = excluded.leased_until, n_extended = 0,
               guideline_version = excluded.guideline_version
         WHERE lease.state = 'released'
     RETURNING lease.id
    )
    SELECT coalesce(array_agg(id), '{}') INTO leases FROM leased;
    IF cardinality(leases) <> cardinality(got) + cardinality(golds) THEN
        RAISE 'a place was taken for which there is no lease';
    END IF;

    -- Move the bookmark: at first, now and then, when the lanes ran dry, when many were stamped
    -- since, and when the claim landed far from it, behind a stretch that this worker has done.
    moves := NOT is_own OR random() < 0.06 OR cardinality(got) < room;
    IF NOT moves THEN
        SELECT count(*) = 100 INTO moves
          FROM (SELECT FROM concord_queue AS task
                 WHERE task.project_id = the_project
                   AND task.late_xid > 0 AND task.late_xid >= mark.seen
                 ORDER BY task.late_xid, task.rank, task.id
                 LIMIT 100) AS passed;
    END IF;
    IF NOT moves AND got[cardinality(got)] <> mark.task_id THEN
        SELECT task.id, task.project_id, task.priority * -1, task.rank, task.late_xid INTO landed
          FROM tasks_app_task AS task WHERE task.id = got[cardinality(got)];
        SELECT count(*) = 100 INTO moves
          FROM (SELECT FROM concord_queue AS task
                 WHERE task.project_id = the_project
                   AND (task.neg_priority, task.rank, task.id)
                       >= (mark.neg_priority, mark.rank, mark.task_id)
                   AND (task.neg_priority, task.rank, task.id)
                       < (landed.neg_priority, landed.rank, landed.id)
                 ORDER BY task.neg_priority, task.rank, task.id
                 LIMIT 100) AS passed;
    END IF;
    IF NOT moves THEN
        RETURN leases;
    END IF;

    IF mark.epoch IS NULL OR (NOT is_own AND random() < 0.5) THEN
        INSERT INTO tasks_app_front
               (project_id, epoch, server_started, seen, neg_priority, rank, task_id)
        SELECT the_project, project.queue_epoch, pg_postmaster_start_time(),
               least(horizon, (
                   SELECT task.late_xid
                     FROM concord_queue AS task
                    WHERE task.project_id = the_project
                      AND task.late_xid > 0 AND task.late_xid >= mark.seen
                      AND task.neg_priority <= mark.neg_priority
                      AND (task.neg_priority < mark.neg_priority
                           OR (task.rank, task.id) < (mark.rank, mark.task_id))
                    ORDER BY task.late_xid, task.rank, task.id
                    LIMIT 1)),
               task.neg_priority, task.rank, task.id
          FROM concord_queue AS task
         WHERE task.project_id = the_project
           AND (task.neg_priority, task.rank, task.id)
               >= (mark.neg_priority, mark.rank, mark.task_id)
         ORDER BY task.neg_priority, task.rank, task.id
         LIMIT 1;
    END IF;

    SELECT task.* INTO next_place
      FROM concord_queue AS task
     WHERE task.project_id = the_project
       AND (task.neg_priority, task.rank, task.id)
           >= (mark.neg_priority, mark.rank, mark.task_id)
       AND (SELECT true FROM tasks_app_assignment AS mine
             WHERE mine.worker_id = the_worker AND mine.task_id = task.id
               AND mine.state <> 'released') IS NULL
     ORDER BY task.neg_priority, task.rank, task.id
     LIMIT 1;
    IF NOT FOUND THEN
        next_place := (0, the_project, 2147483647, 0, 0);
    END IF;
    SELECT task.late_xid INTO next_seen
      FROM concord_queue AS task
     WHERE task.project_id = the_project
       AND task.late_xid > 0 AND task.late_xid >= mark.seen
       AND task.neg_priority <= mark.neg_priority
       AND (task.neg_priority < mark.neg_priority
            OR (task.rank, task.id) < (mark.rank, mark.task_id))
       AND (SELECT true FROM tasks_app_assignment AS mine
             WHERE mine.worker_id = the_worker AND mine.task_id = task.id
               AND mine.state <> 'released') IS NULL
     ORDER BY task.late_xid, task.rank, task.id
     LIMIT 1;
    next_seen := least(horizon, next_seen);
    -- A worker who asks again and again for nothing writes nothing.
    IF (is_own, mark.neg_priority, mark.rank, mark.task_id)
       IS DISTINCT FROM (true, next_place.neg_priority, next_place.rank, next_place.id)
       OR cardinality(got) > 0 OR next_seen - mark.seen > 1000
    THEN
        INSERT INTO tasks_app_bookmark
               (worker_id, project_id, epoch, server_started, seen, neg_priority, rank, task_id)
        VALUES (the_worker, the_project, project.queue_epoch, pg_postmaster_start_time(),
                next_seen, next_place.neg_priority, next_place.rank, next_place.id)
            ON CONFLICT (worker_id, project_id) DO UPDATE
           SET epoch = excluded.epoch, server_started = excluded.server_started,
               seen = excluded.seen, neg_priority = excluded.neg_priority,
               rank = excluded.rank, task_id = excluded.task_id;
    END IF;
    RETURN leases;
END
$$

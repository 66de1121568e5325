-- Lease gold tasks of an entrance exam to one worker, who is not admitted to the work yet. Returns
-- the assignments' ids. Serialised with the worker's claims, so that no lease limit is overrun.
CREATE OR REPLACE FUNCTION concord_examine(
    the_project bigint, the_worker bigint, wanted int, paid boolean, the_time timestamptz)
RETURNS SETOF concord_lease LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    project tasks_app_project;
    room int;
    leases bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(
        (the_project & 2147483647)::int, (the_worker & 2147483647)::int);
    SELECT * INTO project FROM tasks_app_project WHERE id = the_project;
    SELECT least(wanted, project.claim_limit - count(*)) INTO room
      FROM tasks_app_assignment AS held
     WHERE held.worker_id = the_worker AND held.project_id = the_project
       AND held.state = 'leased' AND held.leased_until > the_time;
    IF project.state IS DISTINCT FROM 'open' OR room <= 0 THEN
        RETURN;
    END IF;
    WITH leased AS (
        INSERT INTO tasks_app_assignment AS lease
               (uid, project_id, task_id, worker_id, state, guideline_version, leased_at,
                leased_until, n_extended, skipped_because, is_paid)
        SELECT concord_lease_uid(the_project), the_project, drawn, the_worker, 'leased',
               project.guideline_version, the_time,
               the_time + make_interval(secs => project.lease_s), 0, '', paid
          FROM unnest(concord_draw_gold(the_project, the_worker, room, room)) AS drawn
            ON CONFLICT ON CONSTRAINT assignment_once_per_worker DO UPDATE
           SET state = 'leased', leased_at = excluded.leased_at,
               leased_until = excluded.leased_until, n_extended = 0,
               guideline_version = excluded.guideline_version, is_paid = excluded.is_paid
         WHERE lease.state = 'released'
     RETURNING lease.id
    )
    SELECT array_agg(id) INTO leases FROM leased;
    RETURN QUERY
    SELECT lease.* FROM concord_lease AS lease WHERE lease.id = ANY (leases) ORDER BY lease.uid;
END
$$

-- Lease the best open tasks of a project to one worker, in one round trip.
-- SKIP LOCKED lets workers pass each other instead of queueing for the same row;
-- the index task_claimable serves both the filter and the order. Gold is mixed in at
-- the project's rate and touches no counter; it stops when the real work does, or its
-- arrival alone would betray it.
WITH door AS MATERIALIZED (
    SELECT project.id, project.lease_s, project.guideline_version, project.gold_rate,
           greatest(0, least(%(count)s, project.claim_limit - (
               SELECT count(*) FROM tasks_app_assignment AS held
                WHERE held.worker_id = %(worker_id)s AND held.project_id = project.id
                  AND held.state = 'leased' AND held.leased_until > %(now)s))) AS room
      FROM tasks_app_project AS project
      LEFT JOIN tasks_app_admission AS admission
        ON admission.project_id = project.id AND admission.worker_id = %(worker_id)s
     WHERE project.id = %(project_id)s
       AND project.state = 'open'
       AND CASE WHEN admission.id IS NULL THEN project.access = 'open'
                ELSE admission.may_claim OR admission.until <= %(now)s END
), drawn AS MATERIALIZED (
    SELECT count(*) AS n
      FROM door, generate_series(1, door.room)
     WHERE random() < door.gold_rate
       AND (EXISTS (
                SELECT FROM tasks_app_task AS task
                 WHERE task.project_id = door.id AND task.is_open AND NOT task.is_gold
                   AND (SELECT true FROM tasks_app_assignment AS mine
                         WHERE mine.task_id = task.id AND mine.worker_id = %(worker_id)s
                           AND mine.state <> 'released') IS NULL)
            OR NOT EXISTS (
                SELECT FROM tasks_app_task AS task
                 WHERE task.project_id = door.id AND NOT task.is_gold))
), gold AS MATERIALIZED (
    SELECT task.id
      FROM tasks_app_task AS task
     WHERE task.project_id = %(project_id)s AND task.is_gold AND task.state = 'open'
       AND (SELECT n FROM drawn) > 0
       AND (SELECT true FROM tasks_app_assignment AS mine
             WHERE mine.task_id = task.id AND mine.worker_id = %(worker_id)s
               AND mine.state <> 'released') IS NULL
     ORDER BY random()
     LIMIT (SELECT n FROM drawn)
), best AS MATERIALIZED (
    SELECT task.id
      FROM tasks_app_task AS task
     WHERE task.project_id = %(project_id)s AND task.is_open AND NOT task.is_gold
       AND task.open_slots > 0
       AND (SELECT true FROM tasks_app_assignment AS mine
             WHERE mine.task_id = task.id AND mine.worker_id = %(worker_id)s
               AND mine.state <> 'released') IS NULL
     ORDER BY task.priority DESC, task.rank, task.id
     LIMIT coalesce((SELECT room FROM door), 0) - (SELECT count(*) FROM gold)
       FOR NO KEY UPDATE OF task SKIP LOCKED
), taken AS (
    UPDATE tasks_app_task AS task
       SET open_slots = task.open_slots - 1, is_open = task.open_slots > 1
     WHERE task.id = ANY (ARRAY (SELECT id FROM best))
 RETURNING task.id
), leased AS (
    INSERT INTO tasks_app_assignment AS lease
           (uid, project_id, task_id, worker_id, state, guideline_version, leased_at,
            leased_until, n_extended, skipped_because)
    SELECT gen_random_uuid(), door.id, wanted.id, %(worker_id)s, 'leased',
           door.guideline_version, %(now)s, %(now)s + make_interval(secs => door.lease_s), 0, ''
      FROM door, (SELECT id FROM taken UNION ALL SELECT id FROM gold) AS wanted
        -- Only a lease the worker gave back is taken up again.
        ON CONFLICT ON CONSTRAINT assignment_once_per_worker DO UPDATE
       SET state = 'leased', leased_at = excluded.leased_at,
           leased_until = excluded.leased_until, n_extended = 0,
           guideline_version = excluded.guideline_version
     WHERE lease.state = 'released'
 RETURNING *
)
SELECT leased.*
  FROM leased
  JOIN tasks_app_task AS task ON task.id = leased.task_id
 ORDER BY task.priority DESC, leased.uid

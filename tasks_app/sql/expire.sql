-- End the leases whose time is over and put their slots on offer again. Leases are locked
-- before tasks, tasks in pk order, as docs/locking.md says; a lease that is just being
-- answered is skipped. A decided task gets no open slot back.
WITH dead AS MATERIALIZED (
    SELECT id, task_id
      FROM tasks_app_assignment
     WHERE state = 'leased' AND leased_until <= %(now)s
     ORDER BY id
     LIMIT %(limit)s
       FOR NO KEY UPDATE SKIP LOCKED
), expired AS (
    UPDATE tasks_app_assignment SET state = 'expired' WHERE id IN (SELECT id FROM dead)
), freed AS MATERIALIZED (
    SELECT task.id, (SELECT count(*) FROM dead WHERE dead.task_id = task.id) AS n
      FROM tasks_app_task AS task
     WHERE task.id IN (SELECT task_id FROM dead) AND NOT task.is_gold
     ORDER BY task.id
       FOR NO KEY UPDATE
), given_back AS (
    UPDATE tasks_app_task AS task
       SET open_slots = task.open_slots + CASE WHEN task.state = 'open' THEN freed.n ELSE 0 END,
           is_open = task.state = 'open',
           answers_due = task.answers_due - CASE WHEN task.state = 'open' THEN 0 ELSE freed.n END,
           slots = task.slots - CASE WHEN task.state = 'open' THEN 0 ELSE freed.n END
      FROM freed
     WHERE task.id = freed.id
 RETURNING task.id
)
SELECT (SELECT count(*) FROM dead), ARRAY (SELECT id FROM given_back)

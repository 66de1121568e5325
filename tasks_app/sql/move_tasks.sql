-- Give tasks their states and places as they were decided. The caller holds their locks.
-- A task that gets more open places has been begun: its rank brings it to the front.
UPDATE tasks_app_task AS task
   SET state = moved.state,
       slots = moved.slots,
       open_slots = moved.open_slots,
       answers_due = moved.answers_due,
       is_open = moved.open_slots > 0,
       rank = CASE WHEN moved.open_slots > task.open_slots THEN -1 ELSE task.rank END
  FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(slots)s::smallint[],
              %(open_slots)s::smallint[], %(answers_due)s::smallint[])
       AS moved (id, state, slots, open_slots, answers_due)
 WHERE task.id = moved.id

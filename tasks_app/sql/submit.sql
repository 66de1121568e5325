-- Take the answer to a lease in, in one round trip. Tells what became of it: 'new', 'answered'
-- (there is one already) or 'lost', and whether it came late.
--
-- A live lease is always honoured. A dead one is a claim and an answer in one, taken while the
-- project is open, the worker admitted and a place free. Assignments are locked before tasks,
-- as docs/locking.md says.
CREATE OR REPLACE FUNCTION concord_submit(
    the_assignment bigint, the_values jsonb, the_elapsed float8, the_time timestamptz)
RETURNS TABLE (outcome text, is_late boolean) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    lease tasks_app_assignment;
    task tasks_app_task;
BEGIN
    is_late := false;
    -- Compare-and-set: of two racing submissions only one still finds the row leased.
    UPDATE tasks_app_assignment AS mine
       SET state = 'answered'
     WHERE mine.id = the_assignment AND mine.state = 'leased' AND mine.leased_until > the_time
 RETURNING mine.* INTO lease;
    IF NOT FOUND THEN
        is_late := true;
        SELECT mine.* INTO lease FROM tasks_app_assignment AS mine
         WHERE mine.id = the_assignment FOR NO KEY UPDATE;
        IF lease.state = 'answered' THEN
            outcome := 'answered';
            RETURN NEXT;
            RETURN;
        END IF;
        outcome := 'lost';
        IF lease.state NOT IN ('leased', 'expired') OR NOT EXISTS (
            SELECT FROM tasks_app_project AS project
             WHERE project.id = lease.project_id AND project.state = 'open'
               AND concord_admits(project.id, project.access, lease.worker_id, the_time))
        THEN
            RETURN NEXT;
            RETURN;
        END IF;
        SELECT found.* INTO task FROM tasks_app_task AS found
         WHERE found.id = lease.task_id FOR NO KEY UPDATE;
        -- A lease that no sweep has ended yet still holds its own slot.
        IF task.state <> 'open'
           OR (lease.state = 'expired' AND NOT task.is_gold AND task.open_slots = 0)
        THEN
            RETURN NEXT;
            RETURN;
        END IF;
        IF lease.state = 'expired' AND NOT task.is_gold THEN
            UPDATE tasks_app_task AS given
               SET open_slots = given.open_slots - 1, is_open = given.open_slots > 1
             WHERE given.id = task.id;
        END IF;
        UPDATE tasks_app_assignment AS mine SET state = 'answered' WHERE mine.id = lease.id;
    END IF;
    -- The row lock of this update puts the answers to a task in line with its settling.
    UPDATE tasks_app_task AS given
       SET answers_due = given.answers_due - 1, n_answers = given.n_answers + 1
     WHERE given.id = lease.task_id AND NOT given.is_gold;
    INSERT INTO tasks_app_answer
           (project_id, task_id, worker_id, assignment_id, values, answered_at, elapsed_s, late,
            guideline_version)
    VALUES (lease.project_id, lease.task_id, lease.worker_id, lease.id, the_values, the_time,
            coalesce(the_elapsed, extract(epoch FROM the_time - lease.leased_at)), is_late,
            lease.guideline_version);
    outcome := 'new';
    RETURN NEXT;
END
$$

-- Take the answer to a lease in, in one round trip: by the lease's uid, to the worker who holds it
-- and on the project whose form the answer was checked against. Tells what became of it, 'new',
-- 'answered' (there is one already) or 'lost', and the lease as it is then; nothing where there
-- is no such lease.
--
-- A live lease is always honoured. A dead one is a claim and an answer in one, taken while the
-- project is open, the worker admitted and a place free. Assignments are locked before tasks,
-- as docs/locking.md says.
CREATE OR REPLACE FUNCTION concord_submit(
    the_uid uuid, the_worker bigint, the_project bigint, the_values jsonb, the_elapsed float8,
    the_time timestamptz)
RETURNS TABLE (outcome text, lease concord_lease) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    held tasks_app_assignment;
    task tasks_app_task;
    is_late boolean := false;
BEGIN
    -- Compare-and-set: of two racing submissions only one still finds the row leased.
    UPDATE tasks_app_assignment AS mine
       SET state = 'answered'
     WHERE mine.uid = the_uid AND mine.worker_id = the_worker AND mine.project_id = the_project
       AND mine.state = 'leased' AND mine.leased_until > the_time
 RETURNING mine.* INTO held;
    outcome := 'new';
    IF NOT FOUND THEN
        is_late := true;
        SELECT mine.* INTO held FROM tasks_app_assignment AS mine
         WHERE mine.uid = the_uid AND mine.worker_id = the_worker
           AND mine.project_id = the_project
           FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        IF held.state = 'answered' THEN
            outcome := 'answered';
        ELSIF held.state NOT IN ('leased', 'expired') OR NOT EXISTS (
            SELECT FROM tasks_app_project AS project
             WHERE project.id = held.project_id AND project.state = 'open'
               AND concord_admits(project.id, project.access, held.worker_id, the_time))
        THEN
            outcome := 'lost';
        ELSE
            SELECT found.* INTO task FROM tasks_app_task AS found
             WHERE found.id = held.task_id FOR NO KEY UPDATE;
            -- A lease that no sweep has ended yet still holds its own slot.
            IF task.state <> 'open'
               OR (held.state = 'expired' AND NOT task.is_gold AND task.open_slots = 0)
            THEN
                outcome := 'lost';
            ELSE
                IF held.state = 'expired' AND NOT task.is_gold THEN
                    UPDATE tasks_app_task AS given
                       SET open_slots = given.open_slots - 1, is_open = given.open_slots > 1
                     WHERE given.id = task.id;
                END IF;
                UPDATE tasks_app_assignment AS mine
                   SET state = 'answered' WHERE mine.id = held.id;
            END IF;
        END IF;
    END IF;
    IF outcome = 'new' THEN
        -- The row lock of this update puts the answers to a task in line with its settling.
        UPDATE tasks_app_task AS given
           SET answers_due = given.answers_due - 1, n_answers = given.n_answers + 1
         WHERE given.id = held.task_id AND NOT given.is_gold;
        INSERT INTO tasks_app_answer
               (project_id, task_id, worker_id, assignment_id, values, answered_at, elapsed_s,
                late, guideline_version)
        VALUES (held.project_id, held.task_id, held.worker_id, held.id, the_values, the_time,
                coalesce(the_elapsed, extract(epoch FROM the_time - held.leased_at)), is_late,
                held.guideline_version);
    END IF;
    SELECT found.* INTO lease FROM concord_lease AS found WHERE found.id = held.id;
    RETURN NEXT;
END
$$

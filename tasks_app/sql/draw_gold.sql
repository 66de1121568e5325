-- Gold tasks that the worker has not had, each from a place of its own by chance on in the order
-- of their ids: those of one place would betray themselves by ids that lie close together.
CREATE OR REPLACE FUNCTION concord_draw_gold(the_project bigint, the_worker bigint, wanted int)
RETURNS bigint[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    start uuid;
    one bigint;
    drawn bigint[] := '{}';
BEGIN
    WHILE cardinality(drawn) < wanted LOOP
        start := gen_random_uuid();
        one := (
            SELECT task.id
              FROM tasks_app_task AS task
             WHERE task.project_id = the_project AND task.is_gold AND task.state = 'open'
               AND task.uid >= start AND task.id <> ALL (drawn)
               AND (SELECT true FROM tasks_app_assignment AS mine
                     WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                       AND mine.state <> 'released') IS NULL
             ORDER BY task.uid
             LIMIT 1);
        IF one IS NULL THEN
            one := (
                SELECT task.id
                  FROM tasks_app_task AS task
                 WHERE task.project_id = the_project AND task.is_gold AND task.state = 'open'
                   AND task.uid < start AND task.id <> ALL (drawn)
                   AND (SELECT true FROM tasks_app_assignment AS mine
                         WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                           AND mine.state <> 'released') IS NULL
                 ORDER BY task.uid
                 LIMIT 1);
        END IF;
        EXIT WHEN one IS NULL;
        drawn := drawn || one;
    END LOOP;
    RETURN drawn;
END
$$

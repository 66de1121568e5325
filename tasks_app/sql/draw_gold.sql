-- Gold tasks that the worker has not had, from a place by chance on in the order of their ids.
CREATE OR REPLACE FUNCTION concord_draw_gold(the_project bigint, the_worker bigint, wanted int)
RETURNS bigint[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    start uuid := gen_random_uuid();
    drawn bigint[] := '{}';
BEGIN
    IF wanted = 0 THEN
        RETURN drawn;
    END IF;
    drawn := ARRAY (
        SELECT task.id
          FROM tasks_app_task AS task
         WHERE task.project_id = the_project AND task.is_gold AND task.state = 'open'
           AND task.uid >= start
           AND (SELECT true FROM tasks_app_assignment AS mine
                 WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                   AND mine.state <> 'released') IS NULL
         ORDER BY task.uid
         LIMIT wanted);
    IF cardinality(drawn) < wanted THEN
        drawn := drawn || ARRAY (
            SELECT task.id
              FROM tasks_app_task AS task
             WHERE task.project_id = the_project AND task.is_gold AND task.state = 'open'
               AND task.uid < start
               AND (SELECT true FROM tasks_app_assignment AS mine
                     WHERE mine.worker_id = the_worker AND mine.task_id = task.id
                       AND mine.state <> 'released') IS NULL
             ORDER BY task.uid
             LIMIT wanted - cardinality(drawn));
    END IF;
    RETURN drawn;
END
$$

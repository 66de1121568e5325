-- What a worker gave back lately on a project: the gold that is to come back now, and how much other
-- work is on offer to them again.
--
-- Other work that was given back is what the worker's next claim finds first, if nobody took it
-- meanwhile; gold that stayed away, or always came, would betray itself. So gold comes back about as
-- often: surely while nobody else was at work since, and else if an assignment's own chance is below
-- the share that is open still of the other work of the same claim that was given back too. Of little
-- such work one learns little; then a tenth is presumed.
CREATE OR REPLACE FUNCTION concord_gold_given_back(
    the_project bigint, the_worker bigint, OUT golds bigint[], OUT n_other bigint)
LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
    WITH lately AS MATERIALIZED (
        SELECT mine.task_id, mine.leased_at, mine.leased_until, task.is_gold, task.is_open,
               task.is_gold AND task.state = 'open' AS is_open_gold,
               (hashtextextended(mine.uid || ' ' || extract(epoch FROM mine.leased_at), 0)
                & 65535) / 65536.0 AS chance
          FROM (SELECT * FROM tasks_app_assignment
                 WHERE worker_id = the_worker AND project_id = the_project
                   AND state = 'released'
                 ORDER BY leased_at DESC
                 LIMIT 200) AS mine
          JOIN tasks_app_task AS task ON task.id = mine.task_id
    ), others AS MATERIALIZED (
        -- What is older than the newest leases of all projects is not looked at: then others came.
        SELECT coalesce(
                   max(leased_at) FILTER (
                       WHERE project_id = the_project AND worker_id <> the_worker),
                   CASE WHEN count(*) < 60 THEN '-infinity' ELSE min(leased_at) END) AS came_at
          FROM (SELECT * FROM tasks_app_assignment ORDER BY id DESC LIMIT 60) AS newest
         WHERE EXISTS (SELECT FROM lately WHERE is_open_gold)
    )
    SELECT ARRAY (SELECT gold.task_id
                    FROM lately AS gold CROSS JOIN others
                   WHERE gold.is_open_gold
                     AND (others.came_at <= gold.leased_until
                          OR gold.chance < (
                              SELECT (count(*) FILTER (WHERE along.is_open) + 0.1)
                                     / (count(*) + 1)
                                FROM lately AS along
                               WHERE NOT along.is_gold AND along.leased_at = gold.leased_at))
                   ORDER BY gold.leased_at),
           (SELECT count(*) FROM lately WHERE NOT is_gold AND is_open)
$$;

-- Gold tasks for a worker who has room for so many tasks: first what comes back of what they gave
-- back, as many as would if it were mixed with their other work that comes back; then, where there is
-- room beside all that, others that they have not had, until so many are drawn as are wanted. Each of
-- those is from a place of its own by chance on in the order of their ids: those of one place would
-- betray themselves by ids that lie close together. Gold that did not come back is drawn again only
-- when there is no other.
CREATE OR REPLACE FUNCTION concord_draw_gold(
    the_project bigint, the_worker bigint, room int, wanted int)
RETURNS bigint[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    start uuid;
    one bigint;
    drawn bigint[];
    n_back bigint;
BEGIN
    SELECT back.golds, cardinality(back.golds) + back.n_other INTO drawn, n_back
      FROM concord_gold_given_back(the_project, the_worker) AS back;
    IF n_back > room THEN
        drawn := drawn[1:floor(room * cardinality(drawn) / n_back::float + random())::int];
    END IF;
    wanted := least(wanted, cardinality(drawn) + greatest(room - n_back, 0));
    WHILE cardinality(drawn) < wanted LOOP
        start := gen_random_uuid();
        one := (
            SELECT task.id
              FROM tasks_app_task AS task
             WHERE task.project_id = the_project AND task.is_gold AND task.state = 'open'
               AND task.uid >= start AND task.id <> ALL (drawn)
               AND (SELECT true FROM tasks_app_assignment AS mine
                     WHERE mine.worker_id = the_worker AND mine.task_id = task.id) IS NULL
             ORDER BY task.uid
             LIMIT 1);
        IF one IS NULL THEN
            one := (
                SELECT task.id
                  FROM tasks_app_task AS task
                 WHERE task.project_id = the_project AND task.is_gold AND task.state = 'open'
                   AND task.uid < start AND task.id <> ALL (drawn)
                   AND (SELECT true FROM tasks_app_assignment AS mine
                         WHERE mine.worker_id = the_worker AND mine.task_id = task.id) IS NULL
                 ORDER BY task.uid
                 LIMIT 1);
        END IF;
        EXIT WHEN one IS NULL;
        drawn := drawn || one;
    END LOOP;
    IF cardinality(drawn) < wanted THEN
        drawn := drawn || ARRAY (
            SELECT task.id
              FROM tasks_app_assignment AS mine
              JOIN tasks_app_task AS task ON task.id = mine.task_id
             WHERE mine.worker_id = the_worker AND mine.project_id = the_project
               AND mine.state = 'released'
               AND task.is_gold AND task.state = 'open' AND task.id <> ALL (drawn)
             ORDER BY mine.leased_at
             LIMIT wanted - cardinality(drawn));
    END IF;
    RETURN drawn;
END
$$

-- Make one tally of many, per project. What another process is folding is left alone.
WITH crowded AS MATERIALIZED (
    SELECT project_id FROM tasks_app_tally GROUP BY project_id HAVING count(*) > %(most)s
), gone AS (
    DELETE FROM tasks_app_tally
     WHERE id IN (SELECT id FROM tasks_app_tally
                   WHERE project_id IN (SELECT project_id FROM crowded)
                     FOR UPDATE SKIP LOCKED)
 RETURNING *
)
INSERT INTO tasks_app_tally
       (project_id, items, tasks, open_tasks, resolved, unresolvable, answers)
SELECT project_id, sum(items), sum(tasks), sum(open_tasks), sum(resolved), sum(unresolvable),
       sum(answers)
  FROM gone GROUP BY project_id

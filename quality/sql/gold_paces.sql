-- By worker, the gold they were given: all of it, what of it is in use, what came lately, and
-- when they began.
SELECT mine.worker_id, count(*), count(*) FILTER (WHERE task.state = 'open'),
       count(*) FILTER (WHERE mine.leased_at > %(since)s), min(mine.leased_at)
  FROM tasks_app_task AS task
  JOIN tasks_app_assignment AS mine ON mine.task_id = task.id
 WHERE task.project_id = %(project_id)s AND task.is_gold AND mine.state <> 'released'
 GROUP BY mine.worker_id

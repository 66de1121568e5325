-- How workers did on gold: of each the last so many results of a project, of a tenant's projects
-- (without a project) or of all (without a tenant): count, sum of scores, the last one's time.
SELECT worker_id, count(*)::int, sum(score), max(answered_at)
  FROM (SELECT result.worker_id, result.score, result.answered_at,
               row_number() OVER (PARTITION BY result.worker_id
                                  ORDER BY result.answered_at DESC, result.answer_id DESC) AS nth
          FROM quality_goldresult AS result
          JOIN tasks_app_project AS project ON project.id = result.project_id
         WHERE result.worker_id = ANY (%(worker_ids)s) AND result.counts
           AND (%(project_id)s::bigint IS NULL OR project.id = %(project_id)s)
           AND (%(tenant_id)s::bigint IS NULL OR project.tenant_id = %(tenant_id)s)) AS recent
 WHERE nth <= coalesce(%(window)s::int, 2147483647)
 GROUP BY worker_id

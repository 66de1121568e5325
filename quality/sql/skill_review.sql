-- How reviewers judged workers: as skill_gold, over reviews.
SELECT worker_id, count(*)::int, sum(accepted::int)::float8, max(at)
  FROM (SELECT review.worker_id, review.accepted, review.at,
               row_number() OVER (PARTITION BY review.worker_id
                                  ORDER BY review.at DESC, review.answer_id DESC) AS nth
          FROM quality_review AS review
          JOIN tasks_app_project AS project ON project.id = review.project_id
         WHERE review.worker_id = ANY (%(worker_ids)s)
           AND (%(project_id)s::bigint IS NULL OR project.id = %(project_id)s)
           AND (%(tenant_id)s::bigint IS NULL OR project.tenant_id = %(tenant_id)s)) AS recent
 WHERE nth <= coalesce(%(window)s::int, 2147483647)
 GROUP BY worker_id

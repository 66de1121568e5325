-- By worker, right and wrong answers to old gold and to fresh gold. Old is gold that at least as
-- many others had answered before as the median of that number, and somebody had.
WITH placed AS MATERIALIZED (
    SELECT worker_id, score >= %(miss_below)s AS is_right,
           row_number() OVER (PARTITION BY task_id ORDER BY answered_at, answer_id) - 1 AS n_before
      FROM quality_goldresult
     WHERE project_id = %(project_id)s AND counts
), aged AS (
    SELECT worker_id, is_right,
           n_before >= greatest(1, (
               SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n_before) FROM placed)) AS is_old
      FROM placed
)
SELECT worker_id, count(*) FILTER (WHERE is_old AND is_right),
       count(*) FILTER (WHERE NOT is_old AND is_right),
       count(*) FILTER (WHERE is_old AND NOT is_right),
       count(*) FILTER (WHERE NOT is_old AND NOT is_right)
  FROM aged
 GROUP BY worker_id
 ORDER BY worker_id

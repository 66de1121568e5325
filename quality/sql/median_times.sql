-- By worker, the median of how long their answers took and, of n times in order, those of two
-- ranks; null for rank 0.
SELECT asked.worker_id, found.*
  FROM unnest(%(worker_ids)s::bigint[], %(n)s::bigint[], %(low)s::bigint[], %(high)s::bigint[])
       AS asked (worker_id, n, low, high),
       -- Each worker by the index: taken together, all times would be sorted by worker first.
       LATERAL (
           -- A rank is a share of n that ends amid it, so that rounding makes it no other.
           SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed_s),
                  percentile_disc((nullif(asked.low, 0) - 0.5) / asked.n)
                      WITHIN GROUP (ORDER BY elapsed_s),
                  percentile_disc((nullif(asked.high, 0) - 0.5) / asked.n)
                      WITHIN GROUP (ORDER BY elapsed_s)
             FROM tasks_app_answer
            WHERE worker_id = asked.worker_id AND project_id = %(project_id)s
       ) AS found

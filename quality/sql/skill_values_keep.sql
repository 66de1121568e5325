-- Keep workers' values of a skill; who has another one now.
INSERT INTO quality_skillvalue AS kept
       (skill_id, worker_id, value, low, high, n, changed_at, expires_at)
SELECT %(skill_id)s, fresh.worker_id, fresh.value, fresh.low, fresh.high, fresh.n, %(now)s,
       fresh.expires_at
  FROM unnest(%(worker_ids)s::bigint[], %(values)s::float8[], %(lows)s::float8[],
              %(highs)s::float8[], %(counts)s::int[], %(ends)s::timestamptz[])
       AS fresh (worker_id, value, low, high, n, expires_at)
 ORDER BY fresh.worker_id
    ON CONFLICT ON CONSTRAINT skill_value_once DO UPDATE
   SET value = excluded.value, low = excluded.low, high = excluded.high, n = excluded.n,
       changed_at = excluded.changed_at, expires_at = excluded.expires_at
 WHERE (kept.value, kept.low, kept.high, kept.n, kept.expires_at)
       IS DISTINCT FROM (excluded.value, excluded.low, excluded.high, excluded.n,
                         excluded.expires_at)
RETURNING worker_id

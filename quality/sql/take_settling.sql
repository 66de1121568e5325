-- Take a project's settling for a while, unless another settler has it. The fence grows.
INSERT INTO quality_settling AS settling (project_id, head, fence, leased_until, n_fitted)
VALUES (%(project_id)s, 0, 1, %(until)s, 0)
    ON CONFLICT (project_id) DO UPDATE
   SET fence = settling.fence + 1, leased_until = excluded.leased_until
 WHERE settling.leased_until IS NULL OR settling.leased_until <= %(now)s
RETURNING fence, n_fitted, refit_at, rests_until

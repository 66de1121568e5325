-- Say that a project's workers are to be studied: not before the last study has rested.
INSERT INTO quality_study AS study (project_id, due_at, is_quiet, fence)
VALUES (%(project_id)s, %(now)s, %(is_quiet)s, 0)
    ON CONFLICT (project_id) DO UPDATE
   SET due_at = greatest(excluded.due_at, coalesce(study.rests_until, excluded.due_at)),
       is_quiet = excluded.is_quiet

-- Say that a project's workers are to be studied: not before the last study has rested. A study
-- under way ends what it was taken for by its time, so that a later mark never has the same one.
INSERT INTO quality_study AS study (project_id, due_at, is_quiet, fence)
VALUES (%(project_id)s, %(now)s, %(is_quiet)s, 0)
    ON CONFLICT (project_id) DO UPDATE
   SET due_at = greatest(excluded.due_at, study.rests_until,
                         study.due_at + interval '1 microsecond'),
       is_quiet = excluded.is_quiet

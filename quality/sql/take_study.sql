-- Take the study of a project's workers for a while, unless another process has it.
UPDATE quality_study AS study
   SET fence = study.fence + 1, leased_until = %(until)s
 WHERE study.project_id = %(project_id)s AND study.due_at <= %(now)s
   AND (study.leased_until IS NULL OR study.leased_until <= %(now)s)
RETURNING fence, due_at, is_quiet

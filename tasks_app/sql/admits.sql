-- Whether a worker may claim on a project: the decision of their admission; without one, open
-- projects say yes. A refusal may have an end.
CREATE OR REPLACE FUNCTION concord_admits(
    the_project bigint, the_access text, the_worker bigint, the_time timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT admission.may_claim OR coalesce(admission.until <= the_time, false)
           FROM tasks_app_admission AS admission
          WHERE admission.worker_id = the_worker AND admission.project_id = the_project),
        the_access = 'open')
$$

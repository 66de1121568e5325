-- Whether a worker may claim on a project: the decision of their admission; without one, open
-- projects say yes. A refusal may have an end.
CREATE OR REPLACE FUNCTION concord_admits(
    the_project bigint, the_access text, the_worker bigint, the_time timestamptz)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    admission tasks_app_admission;
BEGIN
    SELECT * INTO admission FROM tasks_app_admission
     WHERE worker_id = the_worker AND project_id = the_project;
    IF NOT FOUND THEN
        RETURN the_access = 'open';
    END IF;
    RETURN admission.may_claim OR coalesce(admission.until <= the_time, false);
END
$$

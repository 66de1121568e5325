-- Whatever way an answer comes in, its task is to be settled: noted with it, and never forgotten.
CREATE OR REPLACE FUNCTION concord_answers_are_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO quality_settledue (task_id, project_id, cause, since)
    SELECT task_id, project_id, 'answer', clock_timestamp()
      FROM fresh
     GROUP BY task_id, project_id
     ORDER BY task_id
        -- Not DO NOTHING: a row that is there is locked, so that no settler that has not seen
        -- this answer deletes it meanwhile.
        ON CONFLICT (task_id) DO UPDATE SET cause = quality_settledue.cause WHERE false;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER answers_are_due
    AFTER INSERT ON tasks_app_answer REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION concord_answers_are_due()

-- Count what a project has by noting every change beside it, in the same transaction.
--
-- Writers wait from here on, until what they did before has been counted. In the order in which
-- they take the tables themselves.
LOCK TABLE tasks_app_item, tasks_app_task, tasks_app_answer IN SHARE ROW EXCLUSIVE MODE;
CREATE OR REPLACE FUNCTION concord_tally_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tasks_app_tally (project_id, items)
    SELECT project_id, count(*) FROM fresh GROUP BY project_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER items_are_tallied
    AFTER INSERT ON tasks_app_item REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION concord_tally_items();

CREATE OR REPLACE FUNCTION concord_tally_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tasks_app_tally (project_id, answers)
    SELECT project_id, count(*) FROM fresh GROUP BY project_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER answers_are_tallied
    AFTER INSERT ON tasks_app_answer REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION concord_tally_answers();

CREATE OR REPLACE FUNCTION concord_tally_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tasks_app_tally (project_id, tasks, open_tasks, resolved, unresolvable)
    SELECT project_id, count(*), count(*) FILTER (WHERE is_open AND NOT is_gold),
           count(*) FILTER (WHERE state = 'resolved'),
           count(*) FILTER (WHERE state = 'unresolvable')
      FROM fresh GROUP BY project_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER tasks_are_tallied
    AFTER INSERT ON tasks_app_task REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION concord_tally_tasks();

CREATE OR REPLACE FUNCTION concord_tally_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tasks_app_tally (project_id, open_tasks, resolved, unresolvable)
    VALUES (NEW.project_id,
            (NEW.is_open AND NOT NEW.is_gold)::int - (OLD.is_open AND NOT OLD.is_gold)::int,
            (NEW.state = 'resolved')::int - (OLD.state = 'resolved')::int,
            (NEW.state = 'unresolvable')::int - (OLD.state = 'unresolvable')::int);
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER moves_are_tallied
    AFTER UPDATE ON tasks_app_task
    FOR EACH ROW WHEN (OLD.is_open <> NEW.is_open OR OLD.state <> NEW.state)
    EXECUTE FUNCTION concord_tally_moves();

-- What came before there were tallies. Whoever has none has nothing, or was never counted.
INSERT INTO tasks_app_tally
       (project_id, items, tasks, open_tasks, resolved, unresolvable, answers)
SELECT project.id,
       (SELECT count(*) FROM tasks_app_item WHERE project_id = project.id),
       (SELECT count(*) FROM tasks_app_task WHERE project_id = project.id),
       (SELECT count(*) FROM tasks_app_task
         WHERE project_id = project.id AND is_open AND NOT is_gold),
       (SELECT count(*) FROM tasks_app_task WHERE project_id = project.id AND state = 'resolved'),
       (SELECT count(*) FROM tasks_app_task
         WHERE project_id = project.id AND state = 'unresolvable'),
       (SELECT count(*) FROM tasks_app_answer WHERE project_id = project.id)
  FROM tasks_app_project AS project
 WHERE NOT EXISTS (SELECT FROM tasks_app_tally WHERE project_id = project.id)

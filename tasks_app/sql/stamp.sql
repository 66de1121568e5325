-- A task that gets open places, or a place further ahead, is on offer behind bookmarks: stamp it
-- with the transaction, so that whoever reads a bookmark finds it in the late lane.
CREATE OR REPLACE FUNCTION concord_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.late_xid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER task_comes_late
    BEFORE UPDATE ON tasks_app_task
    FOR EACH ROW WHEN (NEW.open_slots > OLD.open_slots
                       OR NEW.priority > OLD.priority OR NEW.rank < OLD.rank)
    EXECUTE FUNCTION concord_stamp()

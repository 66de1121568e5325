-- A log is kept in a part for each month, so that an old month goes in an instant. What has no
-- part of its own lies in the default one, and moves out when its month gets one.
CREATE OR REPLACE FUNCTION concord_make_month(the_log text, the_key text, the_day date)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    start date := date_trunc('month', the_day);
    following date := start + interval '1 month';
    part text := the_log || to_char(start, '"_"YYYY"_"MM');
BEGIN
    -- Of two who look at once, one makes it and the other finds it made.
    PERFORM pg_advisory_xact_lock(hashtextextended(part, 0));
    IF to_regclass(part) IS NOT NULL THEN
        RETURN;
    END IF;
    -- Nothing may come to the default part while its rows of that month move out.
    EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', the_log || '_default');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                   part, the_log);
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *)
                    INSERT INTO %I SELECT * FROM moved',
                   the_log || '_default', the_key, start, the_key, following, part);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   the_log, part, start, following);
END
$$

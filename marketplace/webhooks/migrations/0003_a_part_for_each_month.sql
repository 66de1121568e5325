-- Turn the logs of deliveries and attempts into tables with a part for each month. An id comes
-- from one sequence, so it stands once although no index spans the parts.
SET LOCAL statement_timeout = 0;
ALTER TABLE webhooks_attempt RENAME TO webhooks_attempt_whole;
ALTER TABLE webhooks_delivery RENAME TO webhooks_delivery_whole;
ALTER SEQUENCE webhooks_delivery_id_seq RENAME TO webhooks_delivery_whole_id_seq;
ALTER SEQUENCE webhooks_attempt_id_seq RENAME TO webhooks_attempt_whole_id_seq;
ALTER TABLE webhooks_attempt_whole DROP CONSTRAINT webhooks_attempt_pkey;
ALTER TABLE webhooks_delivery_whole DROP CONSTRAINT webhooks_delivery_pkey CASCADE;
DROP INDEX delivery_due, delivery_of_endpoint, attempt_of_delivery;

CREATE TABLE webhooks_delivery (
    LIKE webhooks_delivery_whole INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS,
    PRIMARY KEY (id, created_at),
    FOREIGN KEY (endpoint_id) REFERENCES webhooks_endpoint DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (push_id) REFERENCES quality_push DEFERRABLE INITIALLY DEFERRED
) PARTITION BY RANGE (created_at);
CREATE INDEX delivery_due ON webhooks_delivery (endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX delivery_of_endpoint ON webhooks_delivery (endpoint_id, id);
CREATE INDEX delivery_by_uid ON webhooks_delivery (uid);
CREATE INDEX delivery_of_push ON webhooks_delivery (push_id);
CREATE TABLE webhooks_delivery_default PARTITION OF webhooks_delivery DEFAULT;
DO $$
DECLARE
    start date;
BEGIN
    FOR start IN
        SELECT date_trunc('month', created_at) FROM webhooks_delivery_whole
         UNION SELECT date_trunc('month', now())
         UNION SELECT date_trunc('month', now()) + interval '1 month'
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF webhooks_delivery FOR VALUES FROM (%L) TO (%L)',
                       'webhooks_delivery' || to_char(start, '"_"YYYY"_"MM'), start,
                       (start + interval '1 month')::date);
    END LOOP;
END
$$;
INSERT INTO webhooks_delivery OVERRIDING SYSTEM VALUE SELECT * FROM webhooks_delivery_whole;
SELECT setval(pg_get_serial_sequence('webhooks_delivery', 'id'),
              (SELECT coalesce(max(id), 1) FROM webhooks_delivery));

CREATE TABLE webhooks_attempt (
    LIKE webhooks_attempt_whole INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX attempt_of_delivery ON webhooks_attempt (delivery_id, id);
CREATE TABLE webhooks_attempt_default PARTITION OF webhooks_attempt DEFAULT;
DO $$
DECLARE
    start date;
BEGIN
    FOR start IN
        SELECT date_trunc('month', at) FROM webhooks_attempt_whole
         UNION SELECT date_trunc('month', now())
         UNION SELECT date_trunc('month', now()) + interval '1 month'
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF webhooks_attempt FOR VALUES FROM (%L) TO (%L)',
                       'webhooks_attempt' || to_char(start, '"_"YYYY"_"MM'), start,
                       (start + interval '1 month')::date);
    END LOOP;
END
$$;
INSERT INTO webhooks_attempt OVERRIDING SYSTEM VALUE SELECT * FROM webhooks_attempt_whole;
SELECT setval(pg_get_serial_sequence('webhooks_attempt', 'id'),
              (SELECT coalesce(max(id), 1) FROM webhooks_attempt));

DROP TABLE webhooks_attempt_whole, webhooks_delivery_whole;

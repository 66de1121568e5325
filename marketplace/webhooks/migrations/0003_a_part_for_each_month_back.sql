-- Turn the logs of deliveries and attempts into one table each again. An attempt whose delivery was
-- dropped with its month goes too: the whole tables hold one to the other.
SET LOCAL statement_timeout = 0;
ALTER TABLE webhooks_attempt RENAME TO webhooks_attempt_parts;
ALTER TABLE webhooks_delivery RENAME TO webhooks_delivery_parts;
ALTER SEQUENCE webhooks_delivery_id_seq RENAME TO webhooks_delivery_parts_id_seq;
ALTER SEQUENCE webhooks_attempt_id_seq RENAME TO webhooks_attempt_parts_id_seq;
ALTER INDEX webhooks_attempt_pkey RENAME TO webhooks_attempt_parts_pkey;
ALTER INDEX webhooks_delivery_pkey RENAME TO webhooks_delivery_parts_pkey;
DROP INDEX delivery_due, delivery_of_endpoint, delivery_by_uid, delivery_of_push,
           attempt_of_delivery;

CREATE TABLE webhooks_delivery (
    LIKE webhooks_delivery_parts INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS,
    PRIMARY KEY (id),
    UNIQUE (uid),
    FOREIGN KEY (endpoint_id) REFERENCES webhooks_endpoint DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (push_id) REFERENCES quality_push DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX delivery_due ON webhooks_delivery (endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX delivery_of_endpoint ON webhooks_delivery (endpoint_id, id);
CREATE INDEX webhooks_delivery_push_id ON webhooks_delivery (push_id);
INSERT INTO webhooks_delivery OVERRIDING SYSTEM VALUE SELECT * FROM webhooks_delivery_parts;
SELECT setval(pg_get_serial_sequence('webhooks_delivery', 'id'),
              (SELECT coalesce(max(id), 1) FROM webhooks_delivery));

CREATE TABLE webhooks_attempt (
    LIKE webhooks_attempt_parts INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS,
    PRIMARY KEY (id),
    FOREIGN KEY (delivery_id) REFERENCES webhooks_delivery DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX attempt_of_delivery ON webhooks_attempt (delivery_id, id);
INSERT INTO webhooks_attempt OVERRIDING SYSTEM VALUE
SELECT attempt.*
  FROM webhooks_attempt_parts AS attempt
 WHERE EXISTS (SELECT FROM webhooks_delivery AS delivery WHERE delivery.id = attempt.delivery_id);
SELECT setval(pg_get_serial_sequence('webhooks_attempt', 'id'),
              (SELECT coalesce(max(id), 1) FROM webhooks_attempt));

DROP TABLE webhooks_attempt_parts, webhooks_delivery_parts;
-- What comes next alters these tables, and cannot while keys are yet to be looked at.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

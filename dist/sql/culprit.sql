-- Findings for history, in PostgreSQL 12 or later. Lines are loaded as they are; what is asked for has a column.
--   psql -f culprit.sql
--   psql -f load.sql -v file=/var/log/culprit-fleet.jsonl
BEGIN;
-- Each line once, by the run that wrote it and its number: loading a file again, or what a shipper sent twice, adds nothing.
CREATE TABLE culprit_line (
	run         text        NOT NULL,
	seq         bigint      NOT NULL,
	time        timestamptz NOT NULL,
	host        text        NOT NULL,
	type        text        NOT NULL,
	severity    text        NOT NULL,
	class       text,
	kind        text,
	state       text,
	id          text,
	fingerprint text,
	line        jsonb       NOT NULL,
	PRIMARY KEY (run, seq)
);
CREATE INDEX culprit_line_time ON culprit_line (time);
CREATE INDEX culprit_line_finding ON culprit_line (host, id, time) WHERE type = 'finding';

-- What COPY fills: one line a row, whatever is in it. Emptied by each load.
CREATE UNLOGGED TABLE culprit_incoming (line text NOT NULL);
COMMIT;

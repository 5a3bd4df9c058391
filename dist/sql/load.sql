-- Loads a file of lines: psql -v ON_ERROR_STOP=1 -v file=PATH -f load.sql. All of it or nothing.
BEGIN;
TRUNCATE culprit_incoming;
\setenv CULPRIT_FILE :file
-- A quote and a delimiter that JSON has only escaped: each line is one column, its backslashes as they are.
\copy culprit_incoming (line) FROM PROGRAM 'cat -- "$CULPRIT_FILE"' WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')
INSERT INTO culprit_line
SELECT l->>'run', (l->>'seq')::bigint, (l->>'time')::timestamptz, l->'host'->>'name', l->>'type', l->>'severity',
       l->>'class', l->>'kind', l->>'state', l->>'id', l->>'fingerprint', l
FROM (SELECT line::jsonb AS l FROM culprit_incoming) AS incoming
ON CONFLICT (run, seq) DO NOTHING;
COMMIT;

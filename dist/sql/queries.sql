-- The five questions of an operator. Each stands alone.

-- 1. What is open now, the worst first? The last line of each finding, where that leaves it open.
SELECT host, severity, kind, message, first_seen
FROM (SELECT DISTINCT ON (host, id) host, severity, kind, state, line->>'message' AS message,
             (line->>'first_seen')::timestamptz AS first_seen, (line->>'severity_number')::int AS severity_number
      FROM culprit_line WHERE type = 'finding' ORDER BY host, id, time DESC, seq DESC) AS last
WHERE state IN ('open', 'update')
ORDER BY severity_number DESC, first_seen, host, kind;

-- 2. What happened around a time, on all hosts?
SELECT time, host, state, severity, line->>'message' AS message
FROM culprit_line
WHERE type = 'finding' AND time BETWEEN :'at'::timestamptz - interval '10 min' AND :'at'::timestamptz + interval '10 min'
ORDER BY time, host, seq;

-- 3. Which peers, and which disk models, do most hosts report?
SELECT coalesce(line->'subject'->>'addr', line->'subject'->>'model') AS subject, line->'subject'->>'type' AS type,
       count(DISTINCT host) AS hosts, array_agg(DISTINCT kind) AS kinds
FROM culprit_line
WHERE type = 'finding' AND state = 'open' AND line->'subject'->>'type' IN ('peer', 'disk') AND severity <> 'info'
  AND coalesce(line->'subject'->>'addr', line->'subject'->>'model') IS NOT NULL
GROUP BY 1, 2 ORDER BY hosts DESC, subject;

-- 4. What comes back again and again? By fingerprint, which outlives a reboot.
SELECT host, kind, fingerprint, count(*) AS times, max(time) AS last
FROM culprit_line WHERE type = 'finding' AND state = 'open'
GROUP BY host, kind, fingerprint HAVING count(*) > 1 ORDER BY times DESC, host;

-- 5. Is anything missing? Numbers of a run that are not here and that no gap line accounts for.
SELECT run, host, before + 1 AS seq_from, seq - 1 AS seq_to
FROM (SELECT run, host, seq, lag(seq, 1, 0::bigint) OVER (PARTITION BY run ORDER BY seq) AS before
      FROM culprit_line) AS numbered
WHERE seq > before + 1
  AND NOT EXISTS (SELECT FROM culprit_line AS gap
                  WHERE gap.run = numbered.run AND gap.type = 'gap' AND gap.line->>'what' = 'lines'
                    AND (gap.line->>'seq_from')::bigint <= numbered.before + 1
                    AND (gap.line->>'seq_to')::bigint >= numbered.seq - 1)
ORDER BY run, seq_from;

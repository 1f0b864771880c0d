/** To begin with; each runs as it stands on every stack. */
export const EXAMPLES: ReadonlyArray<{ title: string; sql: string }> = [
  {
    title: 'Tasks by state and pool',
    sql: 'SELECT pool, state, count() AS tasks\nFROM tasks\nGROUP BY pool, state\nORDER BY tasks DESC',
  },
  {
    title: 'Latency of each model by batch size',
    sql: `SELECT batch_size, model, round(argMax(value, measured_at), 3) AS latency_ms
FROM results
WHERE metric = 'latency_ms'
GROUP BY batch_size, model
ORDER BY batch_size, model`,
  },
  {
    title: 'Failures by day and class',
    sql: `SELECT toDate(finished_at) AS day, error_class, count() AS attempts
FROM attempts
WHERE status != 'completed'
GROUP BY day, error_class
ORDER BY day`,
  },
  {
    title: 'Seconds of measuring by hour',
    sql: `SELECT toStartOfHour(finished_at) AS hour, round(sum(execution_time_seconds)) AS seconds
FROM attempts
GROUP BY hour
ORDER BY hour`,
  },
];

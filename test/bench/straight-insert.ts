import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@benchwire/aggregator/src/adapters/clickhouse.ts';
import { aggregatorConfig, retentionOf } from '@benchwire/aggregator/src/config.ts';
import { metricRows } from '@benchwire/aggregator/src/decide/metric-rows.ts';
import { migrate } from '@benchwire/aggregator/src/migrations/migrate.ts';
import { insertSamples, samples } from '@benchwire/aggregator/src/tables/samples.ts';
import { loadConfig } from '@benchwire/shared/runtime/config.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import type { InsertMethod } from './metrics.ts';

/** The baseline of the `metrics` benchmark: the aggregator's own table, filled from memory. */
const BATCH = 1000;
const ROWS_PER_INSERT = 20_000;
const path = mkdtempSync(join(tmpdir(), 'bw-straight-'));
const config = loadConfig(aggregatorConfig, { CLICKHOUSE_PATH: path });
const database = await openDatabase(config);
await migrate(database, retentionOf(config), createLog('straight', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }));

/** Everything is made before the clock starts; only the inserts count. */
async function insertRows(points: number): Promise<number> {
  const run_id = crypto.randomUUID();
  const time = new Date().toISOString();
  const rows = Array.from({ length: points }, (_, index) => [
    run_id,
    't',
    1,
    'noop_value',
    Math.floor(index / BATCH),
    index % BATCH,
    time,
    index + 0.5,
    '',
    null,
    'w',
  ]);
  const columns = Object.keys(samples.columns);
  const started = performance.now();
  for (let at = 0; at < points; at += ROWS_PER_INSERT) {
    await database.insert('samples', columns, rows.slice(at, at + ROWS_PER_INSERT));
  }
  return (performance.now() - started) / 1000;
}

async function insertColumns(points: number): Promise<number> {
  const run_id = crypto.randomUUID();
  const now = Date.now();
  const batches = Array.from({ length: Math.ceil(points / BATCH) }, (_, sequence) => ({
    v: 1 as const,
    run_id,
    task_id: 't',
    attempt: 1,
    worker_id: 'w',
    sequence,
    columns: [
      {
        metric: 'noop_value',
        unit: null,
        batch_size: null,
        times_ms: new Array<number>(BATCH).fill(now),
        values: Array.from({ length: BATCH }, (_, index) => sequence * BATCH + index + 0.5),
      },
    ],
  }));
  const started = performance.now();
  for (let at = 0; at < batches.length; at += 50)
    await insertSamples(database, batches.slice(at, at + 50).flatMap(metricRows));
  return (performance.now() - started) / 1000;
}

process.on('message', async (message: { method: InsertMethod; points: number }) => {
  const seconds = await (message.method === 'rows' ? insertRows(message.points) : insertColumns(message.points));
  process.send?.({ seconds });
});
process.once('disconnect', async () => {
  await database.close();
  rmSync(path, { recursive: true, force: true });
  process.exit(0);
});
process.send?.({ ready: true });

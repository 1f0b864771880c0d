import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@benchwire/aggregator/src/adapters/clickhouse.ts';
import { aggregatorConfig } from '@benchwire/aggregator/src/config.ts';
import { loadConfig } from '@benchwire/shared/runtime/config.ts';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** The process of the peer: one row a job, written when the job has run, in an engine and a table of its own. */
const [name = '', redis_url = '', concurrency = '1'] = process.argv.slice(2);
const path = mkdtempSync(join(tmpdir(), 'bw-bare-clickhouse-'));
const database = await openDatabase(loadConfig(aggregatorConfig, { CLICKHOUSE_PATH: path }));
await database.command(
  `CREATE TABLE done (id String, n UInt32, status LowCardinality(String), finished_at DateTime64(3, 'UTC'))
   ENGINE = MergeTree ORDER BY id`,
);

let done = 0;
let report_after = Number.POSITIVE_INFINITY;

const worker = new Worker(
  name,
  async ({ id, data }) => {
    const row = [id, (data as { index: number }).index, 'completed', new Date().toISOString()];
    await database.insert('done', ['id', 'n', 'status', 'finished_at'], [row]);
  },
  {
    connection: new Redis(redis_url, { maxRetriesPerRequest: null }),
    concurrency: Number(concurrency),
    removeOnComplete: { count: 1000 },
  },
);
worker.on('completed', () => {
  if (++done < report_after) return;
  done = 0;
  report_after = Number.POSITIVE_INFINITY;
  process.send?.({ finished: true });
});

process.on('message', (message: { report_after: number }) => {
  report_after = message.report_after;
});
process.once('disconnect', async () => {
  await worker.close(true);
  await database.close();
  rmSync(path, { recursive: true, force: true });
  process.exit(0);
});
await worker.waitUntilReady();
process.send?.({ ready: true });

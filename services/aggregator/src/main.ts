import { STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openDatabase } from './adapters/clickhouse.ts';
import { aggregatorConfig, retentionOf } from './config.ts';
import { consumeEvents } from './handlers/events.ts';
import { consumeFindings } from './handlers/findings.ts';
import { consumeMetrics } from './handlers/metrics.ts';
import { consumeOutcomes } from './handlers/outcomes.ts';
import { answerQueries } from './handlers/queries.ts';
import { consumeRejected } from './handlers/rejected.ts';
import { createMetrics } from './metrics.ts';
import { migrate } from './migrations/migrate.ts';

/** The embedded engine merges and swaps in its folder; with less room it stops in the middle of a write. */
const MIN_FREE_MB = 256;

const CONSUMERS = {
  outcomes: consumeOutcomes,
  events: consumeEvents,
  metrics: consumeMetrics,
  findings: consumeFindings,
  rejected: consumeRejected,
};

await runService({
  name: 'aggregator',
  config: aggregatorConfig,
  start: async ({ config, log, nats, jetstream, manager, http, health, scope }) => {
    const metrics = createMetrics(http.registry, manager);
    const database = await openDatabase(config, metrics.inserted);
    scope.add('clickhouse', () => database.close());
    await migrate(database, retentionOf(config), log);
    await health.watch('clickhouse', async () => {
      if (database.write_failure !== undefined) throw new Error(`takes no rows: ${database.write_failure}`);
      await database.query('SELECT 1');
    });
    if (config.CLICKHOUSE_URL === undefined) await health.watchDisk(config.CLICKHOUSE_PATH, MIN_FREE_MB);
    for (const { name, kept } of STREAMS) if (kept !== 'until_acked') health.watchConsumer(name, 'aggregator');

    const stopping = new AbortController();
    const context = { database, manager, jetstream, log, signal: stopping.signal, counters: metrics.counters };
    for (const [name, start] of Object.entries(CONSUMERS)) {
      const consumer = await start(context);
      scope.add(name, () => consumer.stop());
    }

    // Where the server has not said how much a message holds, NATS' own default.
    const max_bytes = (): number => nats.info?.max_payload ?? 1_048_576;
    const answers = answerQueries(
      nats,
      jetstream,
      log,
      { database, max_rows: config.SQL_MAX_ROWS, max_bytes },
      metrics.answered,
    );
    scope.add('queries', () => answers.stop());
    // Stops first of all: writes that wait for ClickHouse give their messages back.
    scope.add('retries', () => stopping.abort());
  },
});

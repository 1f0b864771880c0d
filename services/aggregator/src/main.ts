import { servicePlugins } from '@benchwire/shared/plugins/service-plugins.ts';
import { kafkaOf } from '@benchwire/shared/runtime/kafka.ts';
import { KafkaProducer } from '@benchwire/shared/runtime/kafka-produce.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openDatabase } from './adapters/clickhouse.ts';
import { aggregatorConfig, retentionOf } from './config.ts';
import { answerQueries, answerQuery } from './handlers/queries.ts';
import { SqlAnswers } from './handlers/sql.ts';
import { SeriesAggregates } from './live/series-aggregates.ts';
import { createKafkaMetrics, createMetrics, createPluginCounters, showPending } from './metrics.ts';
import { adjustTables, migrate } from './migrations/migrate.ts';
import { followRetention } from './retention.ts';
import { clickHouseSink } from './sinks/clickhouse/sink.ts';
import { kafkaSink } from './sinks/kafka/sink.ts';
import { pluginSink } from './sinks/plugin/sink.ts';
import type { Sink } from './sinks/sink.ts';

/** The embedded engine merges and swaps in its folder; with less room it stops in the middle of a write. */
const MIN_FREE_MB = 256;

await runService({
  name: 'aggregator',
  config: aggregatorConfig,
  start: async (service) => {
    const { config, log, nats, jetstream, manager, http, health, scope } = service;
    const metrics = createMetrics(http.registry);
    const database = await openDatabase(config, metrics.inserted);
    scope.add('clickhouse', () => database.close());
    const settings = await followRetention(service, (set) => adjustTables(database, retentionOf(config, set), log));
    scope.add('settings', () => settings.stop());
    await migrate(database, retentionOf(config, settings.now()), log);
    await health.watch('clickhouse', async () => {
      if (database.write_failure !== undefined) throw new Error(`takes no rows: ${database.write_failure}`);
      await database.query('SELECT 1');
    });
    if (config.CLICKHOUSE_URL === undefined) await health.watchDisk(config.CLICKHOUSE_PATH, MIN_FREE_MB);
    const aggregates = new SeriesAggregates({ nats, database: database.for_callers, log });
    scope.add('aggregates of series', () => aggregates.stop());
    const measured = (series_ids: Iterable<string>): void => aggregates.changed(series_ids);
    const sinks: Sink[] = [clickHouseSink({ database, counters: metrics.counters, measured })];

    const kafka = kafkaOf(config, log);
    if (kafka !== undefined) {
      const producer = new KafkaProducer(kafka, log);
      scope.add('kafka', () => producer.stop());
      const { counters } = createKafkaMetrics(http.registry, producer);
      sinks.push(kafkaSink({ producer, counters }, config.KAFKA_METRICS));
    }

    const plugins = await servicePlugins(service, 'sink');
    const of_plugins = createPluginCounters(http.registry);
    for (const each of plugins.plugins) sinks.push(pluginSink({ host: plugins.host(each), counters: of_plugins }));

    const stopping = new AbortController();
    const reading = { manager, jetstream, log, signal: stopping.signal };
    for (const sink of sinks) {
      for (const [stream, start] of Object.entries(sink.consumers)) {
        const consumer = await start(reading);
        scope.add(`${stream} to ${sink.name}`, () => consumer.stop());
        await health.watchConsumer(stream, sink.durable);
      }
    }
    showPending(http.registry, manager, sinks);

    // Where the server has not said how much a message holds, NATS' own default.
    const max_bytes = (): number => nats.info?.max_payload ?? 1_048_576;
    const sql = new SqlAnswers({ nats, database, config });
    const context = { database: database.for_callers, sql, max_bytes };
    const answers = answerQueries(nats, jetstream, log, context, metrics.answered);
    scope.add('queries', () => answers.stop());
    scope.add('statements', () => sql.stop());
    http.addReadiness('queries', answers.stuck);
    // A query of its own, all the way to the database: what does not answer itself answers nobody.
    await health.watch('own query', async () => {
      const reply = await answerQuery(context, 'runs', { limit: 1 });
      if (!reply.ok) throw new Error(reply.issues.map(({ message }) => message).join('; '));
    });
    // Stops first of all: writes that wait for their sink give their messages back.
    scope.add('retries', () => stopping.abort());
  },
});

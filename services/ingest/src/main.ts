import { IMPORTS_BUCKET, REQUESTS_BUCKET, REQUESTS_TTL_MS } from '@benchwire/shared/contracts/lease.ts';
import { ArtifactStore, ensureArtifacts } from '@benchwire/shared/runtime/artifact-store.ts';
import { discardEntry } from '@benchwire/shared/runtime/follow-bucket.ts';
import { kafkaOf } from '@benchwire/shared/runtime/kafka.ts';
import { KafkaProducer } from '@benchwire/shared/runtime/kafka-produce.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { clearOldFiles } from './adapters/clear-old-files.ts';
import { RequestFiles } from './adapters/request-files.ts';
import { RequestLedger } from './adapters/request-ledger.ts';
import { RunStore } from './adapters/run-store.ts';
import { ingestConfig } from './config.ts';
import { answerCancellations } from './handlers/cancel.ts';
import { consumeRequests } from './handlers/kafka-requests.ts';
import { consumeStoredRequests } from './handlers/stored-requests.ts';
import { answerSubmissions } from './handlers/submit.ts';
import { createKafkaMetrics, createMetrics } from './metrics.ts';

await runService({
  name: 'ingest',
  config: ingestConfig,
  start: async ({ config, log, nats, jetstream, manager, http, health, scope }) => {
    const bucket = await openBucket(nats, REQUESTS_BUCKET, config.NATS_REPLICAS, REQUESTS_TTL_MS);
    const runs = new RunStore(nats, jetstream, manager);
    await health.watch('runs', () => runs.checkWritable());
    const store_bytes = config.NATS_STORE_MB === undefined ? undefined : config.NATS_STORE_MB * 1e6;
    await ensureArtifacts(nats, { replicas: config.NATS_REPLICAS, store_bytes });
    const store = await ArtifactStore.open(nats);
    const clearing = clearOldFiles(store, log);
    scope.add('clearing', () => clearing.stop());
    const imported = await openBucket(nats, IMPORTS_BUCKET, config.NATS_REPLICAS);
    const parts = {
      log,
      nats,
      jetstream,
      runs,
      files: new RequestFiles(store, jetstream),
      ledger: new RequestLedger(bucket, (entry, issues) =>
        discardEntry({ bucket, name: REQUESTS_BUCKET, client: jetstream, log }, entry, issues),
      ),
      imports: new RequestLedger(imported, (entry, issues) =>
        discardEntry({ bucket: imported, name: IMPORTS_BUCKET, client: jetstream, log }, entry, issues),
      ),
      metrics: createMetrics(http.registry),
    };
    const submissions = answerSubmissions(parts);
    scope.add('submit', () => submissions.stop());
    http.addReadiness('submit', submissions.stuck);
    const stored = await consumeStoredRequests({ ...parts, manager });
    scope.add('stored-requests', () => stored.stop());
    const cancellations = answerCancellations(parts);
    scope.add('cancel', () => cancellations.stop());
    http.addReadiness('cancel', cancellations.stuck);

    const kafka = kafkaOf(config, log);
    if (kafka === undefined) return;
    const rejections = new KafkaProducer(kafka, log);
    scope.add('kafka-rejections', () => rejections.stop());
    const kafka_metrics = createKafkaMetrics(http.registry);
    const requests = consumeRequests({ ...parts, kafka, rejections, group: config.KAFKA_GROUP, kafka_metrics });
    scope.add('kafka-requests', () => requests.stop());
  },
});

import { REQUESTS_BUCKET, REQUESTS_TTL_MS } from '@benchwire/shared/contracts/lease.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { RequestLedger } from './adapters/request-ledger.ts';
import { RunStore } from './adapters/run-store.ts';
import { ingestConfig } from './config.ts';
import { answerCancellations } from './handlers/cancel.ts';
import { answerSubmissions } from './handlers/submit.ts';
import { createMetrics } from './metrics.ts';

await runService({
  name: 'ingest',
  config: ingestConfig,
  start: async ({ config, log, nats, jetstream, manager, http, health, scope }) => {
    const bucket = await openBucket(nats, REQUESTS_BUCKET, config.NATS_REPLICAS, REQUESTS_TTL_MS);
    const runs = new RunStore(nats, jetstream, manager);
    await health.watch('runs', () => runs.checkWritable());
    const parts = {
      log,
      nats,
      jetstream,
      runs,
      ledger: new RequestLedger(bucket),
      metrics: createMetrics(http.registry),
    };
    const submissions = answerSubmissions(parts);
    scope.add('submit', () => submissions.stop());
    const cancellations = answerCancellations(parts);
    scope.add('cancel', () => cancellations.stop());
  },
});

import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { FindingLog } from './adapters/finding-log.ts';
import { startInBackground } from './background.ts';
import { anomalyConfig } from './config.ts';
import { SeriesBook } from './decide/series-book.ts';
import { judgeOutcomes } from './handlers/outcomes.ts';
import { answerSettled } from './handlers/settled.ts';
import { createMetrics } from './metrics.ts';
import { Progress } from './progress.ts';
import { DURABLE, recover } from './recover.ts';

await runService({
  name: 'anomaly',
  config: anomalyConfig,
  start: async ({ config, log, nats, jetstream, manager, http, health, scope }) => {
    const window = config.ANOMALY_WINDOW;
    const options = { threshold: config.ANOMALY_THRESHOLD, min_runs: config.ANOMALY_MIN_RUNS, window };
    const book = new SeriesBook(options);
    const findings = new FindingLog(jetstream, manager);
    const progress = new Progress();
    const metrics = createMetrics(http.registry, book, progress);
    const parts = { log, nats, jetstream, manager, book, findings, progress, metrics, window };

    health.watchConsumer(OUTCOMES.name, DURABLE);
    http.addReadiness('history', () =>
      progress.sequence < 0 ? 'waiting for the history from the aggregator' : undefined,
    );
    const judging = startInBackground(log, async (signal) => {
      progress.advance(await recover(parts, signal));
      return await judgeOutcomes(parts, signal);
    });
    scope.add('outcomes', () => judging.stop());
    const settled = answerSettled({ ...parts, deadline_ms: config.ANOMALY_SETTLE_SECONDS * 1000 });
    scope.add('settled', () => settled.stop());
  },
});

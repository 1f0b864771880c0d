import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { startInBackground } from './background.ts';
import { anomalyConfig } from './config.ts';
import { forwardActs } from './handlers/act.ts';
import { answerAnalyses } from './handlers/analyse.ts';
import { keepVerdicts } from './handlers/kept-verdicts.ts';
import { repeatWhatCannotBeTold } from './handlers/repeats.ts';
import { answerSettled } from './handlers/settled.ts';
import { answerVerdicts } from './handlers/verdict.ts';
import { createMetrics } from './metrics.ts';
import { type Shard, startShard } from './shard.ts';
import { holdShards } from './shards.ts';
import { durableOf, slotOf } from './slots.ts';

await runService({
  name: 'anomaly',
  config: anomalyConfig,
  start: async ({ config, log, nats, jetstream, manager, http, health, scope }) => {
    const slots = config.ANOMALY_SHARDS;
    const settle_ms = config.ANOMALY_SETTLE_SECONDS * 1000;
    const held = (): Shard[] => shards.held();
    const metrics = createMetrics(http.registry, held);
    const parts = { log, nats, jetstream, manager, metrics, settle_ms };
    const book = {
      single: {
        threshold: config.ANOMALY_THRESHOLD,
        min_runs: config.ANOMALY_MIN_RUNS,
        window: config.ANOMALY_WINDOW,
      },
      levels: { ...DEFAULT_SETTINGS, window: config.ANOMALY_HISTORY },
      least_change_percent: config.ANOMALY_LEAST_CHANGE,
      main_branches: config.ANOMALY_MAIN_BRANCHES,
      confirmation: {
        runs: config.ANOMALY_CONFIRM_RUNS,
        per_hour: config.ANOMALY_CONFIRM_PER_HOUR,
        kinds: config.ANOMALY_CONFIRM_KINDS,
      },
    };
    const shards = await holdShards({
      ...{ log, nats, manager, slots, instance_id: health.instance_id, replicas: config.NATS_REPLICAS },
      start: (slot) => {
        const owns = (series_id: string): boolean => slotOf(series_id, slots) === slot.index;
        const shard = startShard({ ...parts, slot, book: { ...book, owns } });
        const watching = health.watchConsumer(OUTCOMES.name, durableOf(slot));
        return {
          ...shard,
          stop: async () => {
            (await watching)();
            await shard.stop();
          },
        };
      },
    });
    scope.add('shards', () => shards.stop());
    http.addReadiness('history', () =>
      held().some(({ progress }) => progress.sequence < 0) ? 'waiting for the history from the aggregator' : undefined,
    );
    const settled = answerSettled({ ...parts, slots, deadline_ms: settle_ms });
    scope.add('settled', () => settled.stop());
    const analyses = answerAnalyses({ ...parts, ...book });
    scope.add('analyses', () => analyses.stop());
    const { ANOMALY_MAIN_BRANCHES: main_branches } = config;
    const verdicts = answerVerdicts({ ...parts, ...book, main_branches });
    scope.add('verdicts', () => verdicts.stop());
    const kept = startInBackground(log, () => keepVerdicts({ ...parts, ...book, main_branches }));
    scope.add('kept verdicts', () => kept.stop());
    const repeats = startInBackground(log, () => repeatWhatCannotBeTold({ ...parts, ...book, main_branches }));
    scope.add('repeats', () => repeats.stop());
    const acts = forwardActs({ ...parts, slots, deadline_ms: settle_ms });
    scope.add('acts', () => acts.stop());
  },
});

import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { startInBackground } from './background.ts';
import { anomalyConfig } from './config.ts';
import { forwardActs } from './handlers/act.ts';
import { answerAnalyses } from './handlers/analyse.ts';
import { keepVerdicts } from './handlers/kept-verdicts.ts';
import { repeatWhatCannotBeTold } from './handlers/repeats.ts';
import { answerSettled } from './handlers/settled.ts';
import { answerVerdicts } from './handlers/verdict.ts';
import { followDetection } from './live-detection.ts';
import { createMetrics } from './metrics.ts';
import { type Shard, startShard } from './shard.ts';
import { holdShards, type Shards } from './shards.ts';
import { durableOf, slotOf } from './slots.ts';

await runService({
  name: 'anomaly',
  config: anomalyConfig,
  start: async (service) => {
    const { config, log, nats, jetstream, manager, http, health, scope } = service;
    const slots = config.ANOMALY_SHARDS;
    const settle_ms = config.ANOMALY_SETTLE_SECONDS * 1000;
    let shards: Shards | undefined;
    let rereading = Promise.resolve();
    const live = await followDetection(service, () => {
      rereading = rereading.then(() => shards?.restart());
    });
    scope.add('settings', () => live.stop());
    const detection = live.now;
    const held = (): Shard[] => shards?.held() ?? [];
    const metrics = createMetrics(http.registry, held);
    const parts = { log, nats, jetstream, manager, metrics, settle_ms, detection };
    const holding = await holdShards({
      ...{ log, nats, manager, slots, instance_id: health.instance_id, replicas: config.NATS_REPLICAS },
      start: (slot) => {
        const { levels, main_branches } = detection();
        const book = {
          ...{ levels, main_branches },
          detectionOf: (of: { benchmark: string; metric: string }) => detection().detectionOf(of),
          confirmPerHour: () => detection().confirm_per_hour,
          owns: (series_id: string): boolean => slotOf(series_id, slots) === slot.index,
        };
        const shard = startShard({ ...parts, slot, book });
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
    shards = holding;
    scope.add('shards', () => holding.stop());
    http.addReadiness('history', () =>
      held().some(({ progress }) => progress.sequence < 0) ? 'waiting for the history from the aggregator' : undefined,
    );
    const settled = answerSettled({ ...parts, slots, deadline_ms: settle_ms });
    scope.add('settled', () => settled.stop());
    const analyses = answerAnalyses(parts);
    scope.add('analyses', () => analyses.stop());
    const verdicts = answerVerdicts(parts);
    scope.add('verdicts', () => verdicts.stop());
    const kept = startInBackground(log, () => keepVerdicts({ ...parts, isFollowed: live.isFollowed }));
    scope.add('kept verdicts', () => kept.stop());
    const repeats = startInBackground(log, () => repeatWhatCannotBeTold(parts));
    scope.add('repeats', () => repeats.stop());
    const acts = forwardActs({ ...parts, slots, deadline_ms: settle_ms });
    scope.add('acts', () => acts.stop());
  },
});

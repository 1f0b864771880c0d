import { metricCatalogue } from '@benchwire/shared/client/metric-catalogue.ts';
import type { MetricRule } from '@benchwire/shared/contracts/metric-catalogue.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';

/** A change of the catalogue reaches workers within this. */
const FRESH_MS = 2000;

/**
 * The stack's rules about metrics, read again when they are asked for. Where they cannot be read, those of the last time: a task does not
 * fail for that.
 */
export function metricRulesOf(nats: NatsConnection, log: Log): () => Promise<readonly MetricRule[]> {
  let known: readonly MetricRule[] = [];
  let read_at = Number.NEGATIVE_INFINITY;
  let warned = false;
  return async () => {
    if (performance.now() - read_at < FRESH_MS) return known;
    try {
      known = await metricCatalogue.readIfAny(nats);
      warned = false;
    } catch (error) {
      if (!warned) log.warn({ why: messageOf(error) }, "the stack's metric catalogue cannot be read");
      warned = true;
    }
    read_at = performance.now();
    return known;
  };
}

import { metricCatalogue } from '@benchwire/shared/client/metric-catalogue.ts';
import type { MetricRule } from '@benchwire/shared/contracts/metric-catalogue.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';

/**
 * The stack's rules about metrics as they are when a program starts: one question for each, so that a change holds for the very next
 * program, and none while nothing runs. Where they cannot be read, those of the last time: a task does not fail for that.
 */
export function metricRulesOf(nats: NatsConnection, log: Log): () => Promise<readonly MetricRule[]> {
  let known: readonly MetricRule[] = [];
  let warned = false;
  return async () => {
    try {
      known = await metricCatalogue.readIfAny(nats);
      warned = false;
    } catch (error) {
      if (!warned) log.warn({ why: messageOf(error) }, "the stack's metric catalogue cannot be read");
      warned = true;
    }
    return known;
  };
}

import { JetStreamApiError } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import {
  METRIC_CATALOGUE_BUCKET,
  METRIC_CATALOGUE_KEY,
  type MetricRule,
  metricRules,
} from '../contracts/metric-catalogue.ts';
import { parseJson } from '../runtime/issues.ts';
import type { NatsConnection } from '../runtime/nats.ts';

const open = (nats: NatsConnection): Promise<KV> => new Kvm(nats).create(METRIC_CATALOGUE_BUCKET, { history: 1 });

/** The rules of this stack in their order; none where nobody has written any. */
export async function readMetricRules(nats: NatsConnection): Promise<MetricRule[]> {
  return (await readEntry(await open(nats))).rules;
}

/** What the bucket has, for somebody who may not create it. @throws as the connection does */
export async function readMetricRulesIfAny(nats: NatsConnection): Promise<MetricRule[]> {
  try {
    return (await readEntry(await new Kvm(nats).open(METRIC_CATALOGUE_BUCKET))).rules;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return [];
    throw error;
  }
}

/** Puts rules in the place of those that are there. */
export async function writeMetricRules(nats: NatsConnection, rules: readonly MetricRule[]): Promise<void> {
  await (await open(nats)).put(METRIC_CATALOGUE_KEY, JSON.stringify(rules));
}

/**
 * Changes the rules as they are at that moment, so that two who do so at a time lose nothing.
 * @param change - undefined for nothing to change
 */
export async function changeMetricRules(
  nats: NatsConnection,
  change: (rules: readonly MetricRule[]) => MetricRule[] | undefined,
): Promise<MetricRule[] | undefined> {
  const bucket = await open(nats);
  for (;;) {
    const { rules, revision } = await readEntry(bucket);
    const changed = change(rules);
    if (changed === undefined) return undefined;
    try {
      await bucket.put(METRIC_CATALOGUE_KEY, JSON.stringify(changed), { previousSeq: revision });
      return changed;
    } catch (error) {
      // Somebody else has changed them meanwhile.
      if (!(error instanceof JetStreamApiError) || error.code !== WRONG_LAST_SEQUENCE) throw error;
    }
  }
}

const WRONG_LAST_SEQUENCE = 10_071;

async function readEntry(bucket: KV): Promise<{ rules: MetricRule[]; revision: number }> {
  const entry = await bucket.get(METRIC_CATALOGUE_KEY);
  if (entry === null) return { rules: [], revision: 0 };
  const parsed = entry.operation === 'PUT' ? parseJson(metricRules, entry.value) : undefined;
  return { rules: parsed?.ok === true ? parsed.value : [], revision: entry.revision };
}

import { jetstream } from '@nats-io/jetstream';
import { eventOf } from '../contracts/event.ts';
import { GATES_BUCKET, GATES_KEY, type GateRule, gateRules, type WrittenGate } from '../contracts/gate.ts';
import { newRunId } from '../contracts/ids.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { publishEvent } from '../runtime/publish-event.ts';
import { RulesBucket } from './rules-bucket.ts';

const bucket = new RulesBucket(GATES_BUCKET, GATES_KEY, gateRules);

/** The server's gates in their order. */
export const readGates = (nats: NatsConnection): Promise<GateRule[]> => bucket.readIfAny(nats);

/** A gate that a benchmark gets, or loses with null; and who says so. */
export interface GateChange {
  benchmark: string;
  gate: WrittenGate | null;
  by: string;
  now: Date;
}

/**
 * Sets or removes the gate of a benchmark (a name or pattern), and says so in EVENTS.
 * @param allowed - checks the list of rules that would be stored; throws what is wrong with it
 * @returns false where there is none to remove
 */
export async function changeGate(
  nats: NatsConnection,
  { benchmark, gate, by, now }: GateChange,
  allowed: (rules: readonly GateRule[]) => GateRule[],
): Promise<boolean> {
  let before: WrittenGate | null = null;
  const same = (rule: GateRule): boolean => rule.benchmark.toLowerCase() === benchmark.toLowerCase();
  const changed = await bucket.change(nats, (rules) => {
    const at = rules.findIndex(same);
    before = rules[at]?.gate ?? null;
    if (gate === null) return at < 0 ? undefined : rules.toSpliced(at, 1);
    return allowed(at < 0 ? [...rules, { benchmark, gate }] : rules.with(at, { benchmark, gate }));
  });
  if (changed === undefined) return false;
  const message = gate === null ? `the gate of ${benchmark} was removed` : `the gate of ${benchmark} was changed`;
  const data = { benchmark, before, after: gate, by };
  const event = eventOf('gate.changed', {
    ...{ at_ms: now.getTime(), event_id: newRunId(), message: `${message} by ${by}`, data },
  });
  await publishEvent(jetstream(nats), event);
  return true;
}

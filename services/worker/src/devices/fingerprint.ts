import { createHash } from 'node:crypto';
import type { Environment, HardwareClass, Labels } from '@benchwire/shared/contracts/hardware.ts';

/**
 * Names hardware and environment: 16 hex digits over the class and every fact, whatever their order. Two devices with
 * the same fingerprint give comparable results; a new driver, kernel or governor makes a new one. Pure.
 */
export function fingerprintOf(hardware: HardwareClass, facts: Environment): string {
  return hash([hardware, sortedEntries(facts)], 16);
}

export interface PoolOffer {
  class: HardwareClass;
  fingerprint: string;
  labels: Labels;
  executors: readonly string[];
  commands: readonly string[];
  command_env?: readonly string[];
  /** The same processor may offer less in a virtual machine. */
  instruction_sets?: readonly string[];
}

/**
 * `<class>-<8 hex>` over the fingerprint and what is offered, because any worker of a pool has to be able to take any
 * job of its queue. Pure.
 */
export function poolOf(offer: PoolOffer): string {
  const parts = [
    offer.fingerprint,
    sortedEntries(offer.labels),
    offer.executors.toSorted(),
    [...new Set(offer.commands)].sort(),
    ...(offer.instruction_sets === undefined ? [] : [offer.instruction_sets.toSorted()]),
    ...(offer.command_env === undefined ? [] : [offer.command_env.toSorted()]),
  ];
  return `${offer.class}-${hash(parts, 8)}`;
}

function sortedEntries(record: Readonly<Record<string, unknown>>): Array<[string, unknown]> {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function hash(parts: unknown, hexDigits: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, hexDigits);
}

import type { AskOptions } from '@benchwire/shared/client/ask.ts';

/** One of the equal parts that the series are split into. */
export interface Slot {
  index: number;
  of: number;
}

/** Key of the slot's lease in the bucket `leases`. */
export function leaseKeyOf({ index, of }: Slot): string {
  return `anomaly-${index}-of-${of}`;
}

/** The slot's durable consumer of OUTCOMES. With one slot the name that it had before there were several. */
export function durableOf(slot: Slot): string {
  return slot.of === 1 ? 'anomaly' : leaseKeyOf(slot);
}

/** The slot's durable consumer of deletions, among the events of runs. */
export function deletionsDurableOf(slot: Slot): string {
  return slot.of === 1 ? 'anomaly-deleted-runs' : `${leaseKeyOf(slot)}-deleted-runs`;
}

/** Subject on which the holder of a slot answers. */
export function slotSubject({ index, of }: Slot, question: 'settled' | 'act'): string {
  return `bw.anomaly.slot.${of}.${index}.${question}`;
}

/** The holder's own deadline passes first, so that its answer says why. */
const MARGIN_MS = 2000;

/** How a slot's holder is asked: one that is only just being elected is waited for. */
export function askingHolder(deadline_ms: number): AskOptions {
  return { service: 'anomaly service', timeout_ms: deadline_ms + MARGIN_MS, patience_ms: deadline_ms };
}

/** The slot of a series. Ids are hashes, so their first digits spread the series evenly. */
export function slotOf(series_id: string, of: number): number {
  const digits = Number.parseInt(series_id.slice(0, 8), 16);
  return Number.isNaN(digits) ? 0 : digits % of;
}

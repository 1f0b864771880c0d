/** One step of priority outweighs this much of waiting. */
export const DEFAULT_AGING_SECONDS = 300;

/**
 * Where a task stands by priority and age; the lower the sooner. One step of priority is worth `aging_ms` of age, and
 * since both tasks of any pair age alike, the place never changes: nothing has to be sorted anew as time goes by.
 *
 * Nothing starves: a task of priority 0 that was accepted at time t is only ever preceded by what was accepted before
 * t + 100 * aging_ms (100 is the highest priority) plus one step for the rounding, however much of what priority comes.
 */
export function bandOf(accepted_at_ms: number, priority: number, aging_ms: number): number {
  return Math.floor(accepted_at_ms / aging_ms) - priority;
}

/** What the order looks at beside the tenant. */
interface Placed {
  readonly band: number;
  /** The deadline; infinite without one. */
  readonly due_ms: number;
  readonly run: { readonly accepted_at_ms: number; readonly submitted: { readonly run_id: string } };
}

/** The order within a tenant: priority with age, then the earliest deadline, then first come, first served. */
export function compareOrder(a: Placed, b: Placed): number {
  if (a.band !== b.band) return a.band - b.band;
  if (a.due_ms !== b.due_ms) return a.due_ms < b.due_ms ? -1 : 1;
  if (a.run.accepted_at_ms !== b.run.accepted_at_ms) return a.run.accepted_at_ms - b.run.accepted_at_ms;
  const left = a.run.submitted.run_id;
  const right = b.run.submitted.run_id;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Where one stands in an ordered list, or would have to stand. */
export function placeOf(list: readonly Placed[], wanted: Placed): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = list[middle];
    if (other !== undefined && compareOrder(other, wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

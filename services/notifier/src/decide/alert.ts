import type { AlertState, Labels, SeriesChart, Severity } from '@benchwire/shared/contracts/notify.ts';

/** Something that people may want to hear of: a finding, or something wrong with the fleet. */
export interface Alert {
  alert_id: string;
  state: AlertState;
  /** In the order of the stream that says so: a later state replaces an earlier one. */
  revision: number;
  /** Since when it is open; epoch milliseconds. Null where it never was. */
  opened_ms: number | null;
  /** When its state changed last. */
  changed_ms: number;
  /** Without `severity` and `state`, which rules and time decide. */
  labels: Labels;
  /** Signed; of findings. */
  change_percent: number | null;
  /** What it is where no rule says. */
  usual_severity: Severity;
  title: string;
  facts: Array<[label: string, text: string]>;
  path: string | null;
  command: string | null;
  /** Of findings. */
  chart?: SeriesChart;
}

/** Alerts as they are now. Bounded: what has not changed for long is forgotten. */
export class AlertBook {
  readonly #alerts = new Map<string, Alert>();
  readonly #pools_of: Map<string, ReadonlySet<string>> = new Map();

  get(alert_id: string): Alert | undefined {
    return this.#alerts.get(alert_id);
  }

  all(): IterableIterator<Alert> {
    return this.#alerts.values();
  }

  /** @returns whether it changed anything: an older or the same revision does not */
  put(alert: Alert): boolean {
    const before = this.#alerts.get(alert.alert_id);
    if (before !== undefined && before.revision >= alert.revision) return false;
    const opened_ms = before?.opened_ms ?? alert.opened_ms;
    const changed_ms = before?.state === alert.state ? before.changed_ms : alert.changed_ms;
    this.#alerts.set(alert.alert_id, { ...alert, opened_ms, changed_ms });
    return true;
  }

  /** A worker's pools, which findings name and events of workers do not. */
  setPools(worker_id: string, pools: Iterable<string>): void {
    this.#pools_of.set(worker_id, new Set(pools));
  }

  poolsOf(worker_id: string): ReadonlySet<string> {
    return this.#pools_of.get(worker_id) ?? new Set();
  }

  /**
   * Takes out what has not changed since a time, which the streams do not have any more either. To be called before the outbox forgets: an alert
   * whose message is forgotten would be sent anew.
   */
  forget(before_ms: number): void {
    for (const [alert_id, { changed_ms }] of this.#alerts) if (changed_ms < before_ms) this.#alerts.delete(alert_id);
  }
}

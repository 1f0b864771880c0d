import type { LogTail } from './log-tail.ts';

const KEPT_MS = 10_000;
const MAX_KEPT = 64;

/** Logs of the attempts that ended a moment ago, by attempt id: somebody who follows one gets its last lines. */
export class EndedLogs {
  readonly #logs = new Map<string, LogTail>();

  keep(id: string, logs: LogTail): void {
    if (logs.isEmpty) return;
    this.#logs.set(id, logs);
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > MAX_KEPT && oldest !== undefined) this.#logs.delete(oldest);
    setTimeout(() => this.#logs.delete(id), KEPT_MS).unref();
  }

  of(id: string): LogTail | undefined {
    return this.#logs.get(id);
  }
}

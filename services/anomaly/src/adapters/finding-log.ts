import { type Finding, finding, findingSubject } from '@benchwire/shared/contracts/finding.ts';
import { FINDINGS } from '@benchwire/shared/contracts/streams.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { scanStream } from './scan-stream.ts';

/** The last findings, at about 1.5 KB each. */
const MAX_KEPT = 5000;

/**
 * FINDINGS, as this service writes it: each finding once, although a crash between storing it and acknowledging its
 * outcome makes the same finding again. The last ones are kept to know them by, and to answer with.
 */
export class FindingLog {
  #client: JetStreamClient;
  #manager: JetStreamManager;
  #known = new Map<string, Finding>();
  #unpublished: Finding[] = [];

  constructor(client: JetStreamClient, manager: JetStreamManager) {
    this.#client = client;
    this.#manager = manager;
  }

  /** Reads the last findings back. */
  async load(): Promise<void> {
    const { state } = await this.#manager.streams.info(FINDINGS.name);
    const from = state.last_seq - MAX_KEPT + 1;
    for await (const message of scanStream(this.#client, this.#manager, FINDINGS.name, from, state.last_seq)) {
      const parsed = parseJson(finding, message.data);
      if (parsed.ok) this.#keep(parsed.value);
    }
  }

  /** Takes findings to be stored by the next `flush`; those that are stored already are left out. Returns the new ones. */
  add(findings: readonly Finding[]): Finding[] {
    const fresh = findings.filter((entry) => !this.#known.has(entry.finding_id));
    for (const entry of fresh) {
      this.#keep(entry);
      this.#unpublished.push(entry);
    }
    return fresh;
  }

  /** Resolves once FINDINGS has everything that was added. When it fails, what is missing is kept for the next time. */
  async flush(signal?: AbortSignal): Promise<void> {
    while (this.#unpublished.length > 0) {
      const batch = this.#unpublished.slice(0, 100);
      await Promise.all(
        batch.map((entry) =>
          publish(this.#client, findingSubject(entry), JSON.stringify(entry), {
            id: entry.finding_id,
            ...(signal === undefined ? {} : { signal }),
          }),
        ),
      );
      this.#unpublished.splice(0, batch.length);
    }
  }

  /** What was found in a run, strongest first. */
  ofRun(run_id: string): Finding[] {
    return [...this.#known.values()]
      .filter((entry) => entry.run_id === run_id)
      .sort((a, b) => Math.abs(b.z_score) - Math.abs(a.z_score));
  }

  #keep(entry: Finding): void {
    this.#known.set(entry.finding_id, entry);
    if (this.#known.size <= MAX_KEPT) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

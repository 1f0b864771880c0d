import { type Finding, finding, findingMessageId, findingSubject } from '@benchwire/shared/contracts/finding.ts';
import { FINDINGS } from '@benchwire/shared/contracts/streams.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { scanStream } from '@benchwire/shared/runtime/read-to-end.ts';
import type { JetStream } from '@benchwire/shared/runtime/tail.ts';

/** Messages of FINDINGS that are read back, at about 3 KB each. */
const READ_BACK = 10_000;

/** FINDINGS, as this service writes it: each revision of a finding once. */
export class FindingLog {
  readonly #jetstream: JetStream;
  #unpublished: Finding[] = [];

  constructor(jetstream: JetStream) {
    this.#jetstream = jetstream;
  }

  /** The last findings as they are stored, in their order. */
  async *stored(): AsyncGenerator<Finding> {
    const { state } = await this.#jetstream.manager.streams.info(FINDINGS.name);
    const from = Math.max(1, state.last_seq - READ_BACK + 1);
    for await (const message of scanStream(this.#jetstream, { stream: FINDINGS.name, from })) {
      const parsed = parseJson(finding, message.data);
      if (parsed.ok) yield parsed.value;
    }
  }

  /** Takes findings to be stored by the next `flush`. */
  add(findings: readonly Finding[]): void {
    this.#unpublished.push(...findings);
  }

  /** Resolves once FINDINGS has everything that was added. When it fails, what is missing is kept for the next time. */
  async flush(signal?: AbortSignal): Promise<void> {
    while (this.#unpublished.length > 0) {
      const batch = this.#unpublished.slice(0, 100);
      await Promise.all(
        batch.map((entry) =>
          publish(this.#jetstream.client, findingSubject(entry), JSON.stringify(entry), {
            id: findingMessageId(entry),
            ...(signal === undefined ? {} : { signal }),
          }),
        ),
      );
      this.#unpublished.splice(0, batch.length);
    }
  }
}

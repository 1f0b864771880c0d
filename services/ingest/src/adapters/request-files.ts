import type { Issue, Request } from '@benchwire/shared/contracts/request.ts';
import type { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import { limitIssues } from '@benchwire/shared/runtime/issues.ts';
import { touchArtifact } from '@benchwire/shared/runtime/upload-artifact.ts';
import type { JetStreamClient } from '@nats-io/jetstream';

/** Files that are looked for at once. */
const ARTIFACT_CHECKS = 32;

/** Files that requests name by hash, in the object store. */
export class RequestFiles {
  readonly #store: ArtifactStore;
  readonly #client: JetStreamClient;

  constructor(store: ArtifactStore, client: JetStreamClient) {
    this.#store = store;
    this.#client = client;
  }

  /** Those that the server does not have, each with its place; the others are kept for another while. */
  async missing({ files = [] }: Request): Promise<Issue[]> {
    const places = new Map<string, { path: string; name: string }>();
    for (const [index, { parts, only_local }] of files.entries()) {
      if (only_local === true) continue;
      for (const [place, { sha256, name }] of parts.entries())
        if (!places.has(sha256)) places.set(sha256, { path: `files[${index}].parts[${place}].sha256`, name });
    }
    const issues: Issue[] = [];
    const entries = [...places];
    for (let at = 0; at < entries.length; at += ARTIFACT_CHECKS) {
      const checked = entries.slice(at, at + ARTIFACT_CHECKS).map(async ([sha256, { path, name }]) => {
        if (await touchArtifact(this.#store, this.#client, sha256)) return;
        const message = `the server does not have ${name} with the sha256 ${sha256}: upload it first, with PUT /api/files/${sha256}, or submit with \`bw run\`, which does`;
        issues.push({ path, code: 'file_missing', message });
      });
      await Promise.all(checked);
    }
    return limitIssues(issues);
  }
}

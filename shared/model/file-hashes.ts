import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { forgetOldest } from '../runtime/forget-oldest.ts';
import { sha256OfFile } from './sha256.ts';

const MAX_KEPT = 1000;
/** A file that was changed so shortly before it was read may be changed again without its times telling. */
const SETTLED_NS = 2_000_000_000n;

/**
 * SHA-256 of files, remembered as long as a file is the same one: device, inode, size, and the times of its last change in
 * nanoseconds. The time of the inode's change (ctime) is among them, which nobody can set back.
 */
export class FileHashes {
  readonly #kept = new Map<string, { identity: string; sha256: string }>();

  async sha256(path: string, signal: AbortSignal): Promise<string> {
    const before = await stat(path, { bigint: true });
    const identity = identityOf(before);
    const kept = this.#kept.get(path);
    if (kept?.identity === identity) return kept.sha256;
    const started_ns = BigInt(Date.now()) * 1_000_000n;
    const sha256 = await sha256OfFile(path, signal);
    const after = identityOf(await stat(path, { bigint: true }));
    this.#kept.delete(path);
    if (after === identity && before.ctimeNs + SETTLED_NS < started_ns) {
      this.#kept.set(path, { identity, sha256 });
      forgetOldest(this.#kept, MAX_KEPT);
    }
    return sha256;
  }
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

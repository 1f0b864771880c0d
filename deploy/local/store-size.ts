import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MIN_STORE_BYTES } from '@benchwire/shared/runtime/stream-size.ts';
import { z } from 'zod';

/** Of what is free; the rest is for ClickHouse, Redis, models and logs. */
const SHARE_OF_FREE = 0.75;

export interface StoreRoom {
  /** What all streams together may take: what they have, and a share of what is free. */
  budget_bytes: number;
  free_bytes: number;
  /**
   * What NATS is started with. It leaves out streams that do not fit, so it is more than the budget where streams of yesterday have
   * set aside too much; then their caps are made smaller first, and NATS starts again with the budget.
   */
  store_bytes: number;
}

/** How much room the streams in a folder of NATS have on the disk as it is now. */
export function storeRoom(folder: string): StoreRoom {
  const { bavail, bsize } = statfsSync(folder);
  const free_bytes = bavail * bsize;
  const { used_bytes, reserved_bytes } = measure(folder);
  const budget_bytes = Math.floor(Math.max(MIN_STORE_BYTES, used_bytes + SHARE_OF_FREE * free_bytes));
  // NATS 2.9 counts what a stream holds beside what it has set aside.
  const needed_bytes = 2 * (reserved_bytes + used_bytes);
  return { budget_bytes, free_bytes, store_bytes: Math.max(budget_bytes, needed_bytes) };
}

const streamFile = z.object({ max_bytes: z.number() });

function measure(folder: string): { used_bytes: number; reserved_bytes: number } {
  let used_bytes = 0;
  let reserved_bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    try {
      used_bytes += statSync(path).size;
      if (/\/streams\/[^/]+$/.test(entry.parentPath) && entry.name === 'meta.inf')
        reserved_bytes += Math.max(0, streamFile.parse(JSON.parse(readFileSync(path, 'utf8'))).max_bytes);
    } catch {
      // Gone since it was listed, or of a version that writes it otherwise: then it is found out by trying.
    }
  }
  return { used_bytes, reserved_bytes };
}

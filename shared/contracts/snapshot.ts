import { z } from 'zod';
import { timestamp } from './ids.ts';

/**
 * A snapshot: a page of the dashboard as an address, with the answers that it showed. It can be looked at for good, shared, saved as
 * a file, and imported by another stack. It holds data and nothing that is run. Since 0.6.
 */

/** KV bucket: what is known of each snapshot, by its id. The content is in the other one, gzipped. */
export const SNAPSHOTS_BUCKET = 'snapshots';
export const SNAPSHOT_DATA_BUCKET = 'snapshot_data';

/** As JSON, and how many there may be. */
export const MAX_SNAPSHOT_BYTES = 8 * 1024 * 1024;
export const MAX_SNAPSHOTS = 1000;
/** One that nobody pins is kept so long. */
export const SNAPSHOT_KEPT_MS = 90 * 24 * 3_600_000;

const PAGE = /^\/(?!\/|api\b|snapshots\b)[\w\-./~%]*(\?[^\s\\#<>"]*)?$/;

/** A page of the dashboard with its filters: a path of this site and of no other. */
const page = z
  .string()
  .max(8192)
  .refine((text) => PAGE.test(text), 'is not the address of a page of the dashboard, such as /compare?run=…');

const PATH = /^\/api\/[\w\-./~%:]+$/;

/** A value of a query string, or several. */
const queryValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** One question to the API with its answer. Only what changes nothing can be asked: GET, and SQL statements. */
export const snapshotAnswer = z.strictObject({
  method: z.enum(['GET', 'POST']),
  path: z
    .string()
    .max(8192)
    .refine((text) => PATH.test(text), 'is not the path of a route, such as /api/runs'),
  query: z.record(z.string(), z.union([queryValue, z.array(queryValue)])).default({}),
  body: z.unknown().optional(),
  answer: z.unknown(),
});
export type SnapshotAnswer = z.infer<typeof snapshotAnswer>;

export const snapshotFile = z.strictObject({
  benchwire_snapshot: z.literal(1),
  title: z.string().trim().min(1).max(256),
  page,
  taken_at: timestamp,
  answers: z.array(snapshotAnswer).min(1).max(500),
});
export type SnapshotFile = z.infer<typeof snapshotFile>;

/** What lists show of a snapshot. */
export const snapshotFacts = z.object({
  /** SHA-256 of its content, in hexadecimal. */
  id: z.string().regex(/^[0-9a-f]{64}$/),
  title: z.string(),
  page: z.string(),
  taken_at: timestamp,
  saved_at: timestamp,
  saved_by: z.string(),
  bytes: z.int(),
  /** When it goes; null for one that is pinned. */
  expires_at: timestamp.nullable(),
});
export type SnapshotFacts = z.infer<typeof snapshotFacts>;

/** As the bucket has it. */
export const storedSnapshot = snapshotFacts.extend({ v: z.literal(1) });
export type StoredSnapshot = z.infer<typeof storedSnapshot>;

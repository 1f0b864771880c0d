import { z } from 'zod';
import type { Issue } from '../contracts/request.ts';
import { parseWith } from '../runtime/issues.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { query } from './query.ts';

/** What is read of a stored request before it is submitted again; everything else stays as it was written. */
const storedRequest = z.looseObject({ tags: z.record(z.string(), z.unknown()).optional() });
export type StoredRequest = z.infer<typeof storedRequest>;

export type FoundRequest =
  | { ok: true; request: StoredRequest }
  /** `unknown`: no run of that id is stored, or not yet. */
  | { ok: false; unknown: boolean; reason: string; issues: readonly Issue[] };

/** The request that a run was started with, without its idempotency key and the stack's own tags, to submit it or a part of it again. */
export async function requestOfRun(nats: NatsConnection, run_id: string): Promise<FoundRequest> {
  const [row] = (await query(nats, 'request', { run_id })).rows;
  if (row === undefined)
    return { ok: false, unknown: true, reason: `There is no stored request of run ${run_id}.`, issues: [] };
  const refuse = (why: string, issues: readonly Issue[] = []): FoundRequest => ({
    ...{ ok: false, unknown: false, issues },
    reason: `The request of run ${run_id} ${why}`,
  });
  if (row.request === '') return refuse(`was not kept: ${row.reason}`);
  const parsed = parseWith(storedRequest, JSON.parse(row.request));
  if (!parsed.ok) return refuse("can't be read.", parsed.issues);
  const { request_id: _, tags, ...request } = parsed.value;
  return { ok: true, request: { ...request, ...(tags === undefined ? {} : { tags: withoutOwn(tags) }) } };
}

/** What submits it again is no re-run that the stack has asked for, also where the first run was one. */
const withoutOwn = (tags: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => !name.startsWith('benchwire.')));

import { z } from 'zod';
import { messageVersion } from './ids.ts';
import { issue } from './request.ts';
import { capabilities } from './worker.ts';

/**
 * Request/reply: a worker that knows only where NATS is asks for the rest. Answered by any scheduler. The reply carries a
 * secret: it is never logged, stored or shown (docs/adr/011-how-a-worker-joins.md).
 */
export const JOIN_SUBJECT = 'bw.worker.join';

export const joinRequest = z.object({
  v: messageVersion,
  /** Of the machine that wants to join, for the scheduler's log. */
  hostname: z.string().min(1).max(256),
});
export type JoinRequest = z.infer<typeof joinRequest>;

export const joinReply = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** With user and password, as workers outside of the scheduler's own machine or network have to write it. */
    redis_url: z.url({ protocol: /^rediss?$/ }),
    redis_prefix: z.string().min(1),
    /** Copies of each stream: a process that creates or updates one has to ask for as many. */
    nats_replicas: z.int().min(1),
  }),
  z.object({ ok: z.literal(false), issues: z.array(issue).min(1) }),
]);
export type JoinReply = z.infer<typeof joinReply>;

/** What a worker process tells the process that started it, over Node's IPC channel, once the fleet knows it. */
export const workerRegistered = z.object({ registered: capabilities });
export type WorkerRegistered = z.infer<typeof workerRegistered>;

import { z } from 'zod';
import { messageVersion, timestamp, token } from './ids.ts';

/** Request/reply, plain NATS: every instance of every service answers with its `serviceHealth`. */
export const SERVICE_PING_SUBJECT = 'bw.service.ping';
/** The same of one instance. No responder means that its connection is gone. */
export function instancePingSubject(instance_id: string): string {
  return `${SERVICE_PING_SUBJECT}.${instance_id}`;
}

/** How far a durable consumer of the service is behind. */
export const consumerLag = z.object({
  stream: z.string(),
  consumer: z.string(),
  /** Messages it has not been given yet, as NATS counts them (nats-server 2.9 may count too many); null when NATS does not say. */
  pending: z.int().min(0).nullable(),
  /** Given to it, and not acked yet. */
  unacked: z.int().min(0).nullable(),
});
export type ConsumerLag = z.infer<typeof consumerLag>;

/** How an instance of a service is: answer to a ping, and `data` of the event `health` of entity `service`. */
export const serviceHealth = z.object({
  v: messageVersion,
  at: timestamp,
  service: token,
  /** Differs for each start of the process. */
  instance_id: token,
  pid: z.int(),
  host: z.string(),
  version: z.string(),
  started_at: timestamp,
  /** Whether it can do its work. */
  ready: z.boolean(),
  /** What it looks at for that, each with what is wrong, or null. */
  checks: z.record(z.string(), z.string().nullable()),
  /** What it is beside others of its kind: `leader` or `standby` for a scheduler, the worker id for a worker. */
  role: z.string().nullable(),
  /** Of one processor, since the last reading; more than 100 with several. */
  cpu_percent: z.number().min(0),
  memory_rss_mb: z.number().min(0),
  /** How late timers were since the last reading: 99th percentile. */
  event_loop_delay_ms: z.number().min(0),
  /** Where it keeps files: the room left there. */
  disk_free_mb: z.number().min(0).nullable(),
  consumers: z.array(consumerLag),
  /** Of an event: it says what the one before said, so that the service is seen to be alive. Since 0.6. */
  is_repeat: z.boolean().optional(),
});
export type ServiceHealth = z.infer<typeof serviceHealth>;

import { z } from 'zod';
import { clockOffset } from './clock.ts';
import { environment, hardwareClass, instructionSet, labels } from './hardware.ts';
import { messageVersion, runId, taskId, timestamp, token } from './ids.ts';

/** KV bucket with each worker's capabilities, by worker id; written at start and when they change. */
export const WORKERS_BUCKET = 'workers';

export const device = z.object({
  device_id: token,
  class: hardwareClass,
  /** For people: `AMD EPYC 7B13, 2 cores`. */
  name: z.string(),
  /** Names hardware and environment (driver, kernel, governor, runtimes); results are compared only within one. */
  fingerprint: z.string(),
  /** `<class>-<8 hex>`: the fingerprint together with what the worker offers there (labels, executors, programs). */
  pool: token,
  memory_gb: z.number().nullable(),
  cuda_compute: z.number().nullable(),
  /** Of the machine's processor; absent where they can't be told. Since 0.2. */
  instruction_sets: z.array(instructionSet).optional(),
  /** How many attempts may run at once; 1 where measurements must not disturb each other. */
  slots: z.int().min(1),
  executors: z.array(z.string()),
  /** Programs that the `command` executor may start; `*` for any. */
  commands: z.array(z.string()),
  /** Variables that a task may set for them: names, and beginnings of names with `*`. Absent from older workers. Since 0.3. */
  command_env: z.array(z.string()).optional(),
  labels,
  environment,
});
export type Device = z.infer<typeof device>;

export const capabilities = z.object({
  v: messageVersion,
  worker_id: token,
  /** Differs for each start of the process, so that a restart is told from a pause. */
  boot_id: z.string(),
  hostname: z.string(),
  started_at: timestamp,
  version: z.string(),
  devices: z.array(device).min(1),
  /** What this machine cannot guarantee about the programs of tasks, for people; empty where it can all. Since 0.3. */
  command_notes: z.array(z.string().max(2048)).optional(),
  /** As it was measured when this was written. Since 0.4. */
  clock: clockOffset.optional(),
  /** Devices that are there and not offered, with the reason. Since 0.4. */
  device_notes: z.array(z.string().max(1000)).max(100).optional(),
  /** It fetches files of requests that it does not have. Since 0.5. */
  fetches_files: z.boolean().optional(),
});
export type Capabilities = z.infer<typeof capabilities>;

/**
 * KV bucket of the scheduler, by worker id: what the leader last told of a worker that is registered and not heard. So a worker is
 * told lost once, also by the next leader, and told back when it is heard again. Since 0.6.
 */
export const ABSENCES_BUCKET = 'absences';

export const absence = z.object({
  v: messageVersion,
  worker_id: token,
  /** The start of the worker that this is about; a later start of it is told anew. */
  boot_id: z.string(),
  /** `here`: it was lost, and has been heard again. */
  state: z.enum(['lost', 'left', 'here']),
  at: timestamp,
});
export type Absence = z.infer<typeof absence>;

/** Plain NATS, not stored. */
export const HEARTBEAT_SUBJECTS = 'bw.heartbeat.*';
export function heartbeatSubject(worker_id: string): string {
  return `bw.heartbeat.${worker_id}`;
}

/** Why a worker takes no tasks though it is there. Since 0.2. */
export const PAUSE_KINDS = ['quarantined', 'temperature', 'foreign_load'] as const;
export const pauseOfWorker = z.object({
  kind: z.enum(PAUSE_KINDS),
  /** For a person: `94 °C, the limit is 85 °C`. */
  message: z.string().max(2048),
  since: timestamp,
});
export type PauseOfWorker = z.infer<typeof pauseOfWorker>;

export const heartbeat = z.object({
  v: messageVersion,
  worker_id: token,
  boot_id: z.string(),
  sent_at: timestamp,
  /**
   * Until the next one. A worker silent for five of these, and at least 5 s, is lost; one silent for two whose connection
   * is gone (nobody answers its command subject) is lost at once.
   */
  interval_seconds: z.number().positive(),
  /** `left` is the last word of a worker that stops in order. */
  state: z.enum(['ready', 'draining', 'left']),
  /** With `draining`: why, where nobody asked for it. Since 0.2. */
  paused: pauseOfWorker.optional(),
  /** How far the worker's clock is off now; absent while it could not be measured. Since 0.4. */
  clock: clockOffset.optional(),
  /** KV revision of the capabilities that hold now. */
  capabilities_revision: z.int().min(0),
  /** Attempt ids in execution, by device. */
  running: z.record(z.string(), z.array(z.string())),
  cpu_load_percent: z.number().nullable(),
  memory_used_mb: z.number().nullable(),
  memory_total_mb: z.number().nullable(),
  temperature_celsius: z.number().nullable(),
  /** Reasons for the nulls above, by field name. */
  unavailable: z.record(z.string(), z.string()).optional(),
});
export type Heartbeat = z.infer<typeof heartbeat>;

/** How long a worker is silent before it counts as lost. @param interval_ms - until its next heartbeat, as it said */
export function lostAfterMs(interval_ms: number): number {
  return Math.max(5000, 5 * interval_ms);
}

/** Request/reply to one worker. */
export function workerCommandSubject(worker_id: string): string {
  return `bw.worker.${worker_id}.command`;
}

/**
 * Request/reply: whether a process runs under this id, answered like the command `ping`. For other workers, which may ask that
 * and command nobody. Since 0.5.
 */
export function workerPingSubject(worker_id: string): string {
  return `bw.worker.${worker_id}.ping`;
}

export const workerCommand = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('abort'),
    run_id: runId,
    task_id: taskId,
    attempt: z.int().min(1),
    reason: z.string(),
  }),
  z.object({ command: z.literal('drain') }),
  z.object({ command: z.literal('resume') }),
  /** Runs a small real task on each device, also in quarantine; `ok` says whether all of them passed. Since 0.2. */
  z.object({ command: z.literal('health_check') }),
  /** Is a process with this worker id there? */
  z.object({ command: z.literal('ping') }),
  /** Which files a task of executor `command` would measure now; nothing is run. Since 0.5. */
  z.object({ command: z.literal('inspect'), config: z.record(z.string(), z.unknown()) }),
  /** Its entry in the bucket `workers` is gone, or could not be read: it puts it there again. Since 0.5. */
  z.object({ command: z.literal('register') }),
  /** What a running attempt, or one that ended a moment ago, has printed behind the first `after` bytes. Since 0.6. */
  z.object({
    command: z.literal('logs'),
    run_id: runId,
    task_id: taskId,
    attempt: z.int().min(1),
    after: z.int().min(0).default(0),
  }),
]);
export type WorkerCommand = z.infer<typeof workerCommand>;
export const workerCommandReply = z.object({
  ok: z.boolean(),
  message: z.string(),
  /** Of `inspect`: what its outcome would say of them. Since 0.5. */
  environment: environment.optional(),
  /** Of the process that answers. */
  boot_id: z.string().optional(),
  /** The answer to `logs`. Since 0.6. */
  logs: z
    .object({
      /** Base64 of whole lines in UTF-8; what was printed longest ago is missing where it was more than a log holds. */
      text: z.string(),
      /** The `after` of the next question: all bytes that were printed so far. */
      next: z.int(),
    })
    .optional(),
});
export type WorkerCommandReply = z.infer<typeof workerCommandReply>;

import { v7 as uuidv7 } from 'uuid';
import '../runtime/zod-words.ts';
import { z } from 'zod';

/** Version of every message format below; a breaking change gets a new subject instead (CONVENTIONS, habit 8). */
export const MESSAGE_VERSION = 1;

export const messageVersion = z.literal(MESSAGE_VERSION);

/** A time as stored in ClickHouse: ISO 8601, UTC, milliseconds, `2026-11-22T02:00:00.000Z`. */
export const timestamp = z.iso.datetime({ precision: 3 });

export const runId = z.uuid();

export const TASK_ID_PATTERN = /^[A-Za-z0-9_-]{1,128}$/;
export const taskId = z
  .string()
  .regex(TASK_ID_PATTERN, 'task_id must be 1 to 128 characters out of A-Z, a-z, 0-9, "_" and "-"');

/** A name that may stand in a NATS subject token and in a Redis key. */
export const token = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, 'use 1 to 128 characters out of A-Z, a-z, 0-9, "_", "-"');

/** Of the content of a file, as `sha256sum` prints it. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'sha256 is 64 lower-case hex digits');

/** A new run id: UUIDv7, so ids sort by the time they were accepted. */
export function newRunId(): string {
  return uuidv7();
}

/** One try at a task; the key that every consumer is idempotent by. */
export interface AttemptKey {
  run_id: string;
  task_id: string;
  attempt: number;
}

/**
 * The one name of an attempt: BullMQ job id, `Nats-Msg-Id` of its outcome, key in heartbeats.
 * A pure function of (run, task, attempt), so emitting or publishing twice is harmless.
 */
export function attemptId(key: AttemptKey): string {
  return `${key.run_id}.${key.task_id}.${key.attempt}`;
}

/** Reads an attempt id back. Neither a UUID nor a task id has a dot. Returns undefined for anything else. */
export function parseAttemptId(id: string): AttemptKey | undefined {
  const parts = id.split('.');
  const [run_id, task_id, attempt] = parts;
  if (parts.length !== 3 || !run_id || !task_id || !attempt || !/^[1-9]\d*$/.test(attempt)) return undefined;
  return { run_id, task_id, attempt: Number(attempt) };
}

import {
  CHECKPOINTS_BUCKET,
  CHECKPOINTS_TTL_MS,
  type Checkpoint,
  checkpoint,
  checkpointKey,
  MAX_CHECKPOINT_BYTES,
} from '@benchwire/shared/contracts/checkpoint.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { discardEntry } from '@benchwire/shared/runtime/follow-bucket.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { awaitBucket } from '@benchwire/shared/runtime/streams.ts';
import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Checkpoints, SavedCheckpoint } from '../executors/executor.ts';

/** A checkpoint is a convenience: a server that takes longer is done without. */
const PATIENCE_MS = 2000;

/** The `checkpoints` bucket, as the attempts of this worker use it. */
export class CheckpointStore {
  readonly #bucket: KV;
  readonly #worker_id: string;
  readonly #log: Log;
  readonly #entries: Parameters<typeof discardEntry>[0];

  private constructor(bucket: KV, client: JetStreamClient, worker_id: string, log: Log) {
    this.#bucket = bucket;
    this.#worker_id = worker_id;
    this.#log = log;
    this.#entries = { bucket, name: CHECKPOINTS_BUCKET, client, log };
  }

  static async open(nats: NatsConnection, replicas: number, worker_id: string, log: Log): Promise<CheckpointStore> {
    return new CheckpointStore(
      await awaitBucket(nats, log, CHECKPOINTS_BUCKET, replicas, CHECKPOINTS_TTL_MS),
      jetstream(nats),
      worker_id,
      log,
    );
  }

  /** The checkpoints of one attempt. A first attempt has none to load. */
  of(job: Job, device: Device): Checkpoints & { forget(): Promise<void> } {
    const { run_id, attempt } = job;
    const { task_id } = job.task;
    const key = checkpointKey({ run_id, task_id });
    let may_exist = attempt > 1;
    return {
      load: async () => (attempt > 1 ? await this.#load(key, job, device) : undefined),
      save: async (content) => {
        const bytes = content.data?.byteLength ?? 0;
        if (bytes > MAX_CHECKPOINT_BYTES) {
          return `a checkpoint of ${bytes} bytes was not kept: at most ${MAX_CHECKPOINT_BYTES} are`;
        }
        may_exist = true;
        const { conditions, results, data } = content;
        const value: Checkpoint = {
          v: MESSAGE_VERSION,
          run_id,
          task_id,
          attempt,
          worker_id: this.#worker_id,
          saved_at: new Date().toISOString(),
          fingerprint: device.fingerprint,
          conditions,
          ...(results === undefined ? {} : { results }),
          ...(data === undefined ? {} : { data: Buffer.from(data).toString('base64') }),
        };
        return await this.#try('save', () => this.#bucket.put(key, JSON.stringify(value)));
      },
      forget: async () => {
        if (may_exist) await this.#try('remove', () => this.#bucket.delete(key));
      },
    };
  }

  async #load(key: string, job: Job, device: Device): Promise<SavedCheckpoint | undefined> {
    let found: Checkpoint | undefined;
    await this.#try('load', async () => {
      const entry = await this.#bucket.get(key);
      if (entry === null || entry.operation !== 'PUT') return;
      const parsed = parseJson(checkpoint, entry.value);
      // What cannot be read is no use to anybody: the attempt starts over.
      if (parsed.ok) found = parsed.value;
      else await discardEntry(this.#entries, entry, parsed.issues);
    });
    if (found === undefined || found.attempt >= job.attempt) return undefined;
    return {
      attempt: found.attempt,
      worker_id: found.worker_id,
      same_device: found.fingerprint === device.fingerprint,
      conditions: found.conditions,
      ...(found.results === undefined ? {} : { results: found.results }),
      ...(found.data === undefined ? {} : { data: Buffer.from(found.data, 'base64') }),
    };
  }

  /** Why it did not work out, as a note for the result. */
  async #try(what: string, action: () => Promise<unknown>): Promise<string | undefined> {
    const patience = Promise.withResolvers<never>();
    const timer = setTimeout(() => patience.reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    try {
      await Promise.race([action(), patience.promise]);
      return undefined;
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, `could not ${what} a checkpoint`);
      return `a checkpoint could not be kept: ${messageOf(error)}`;
    } finally {
      clearTimeout(timer);
    }
  }
}

import { eventOf } from '@benchwire/shared/contracts/event.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import {
  type Capabilities,
  capabilities as capabilitiesSchema,
  type Heartbeat,
  heartbeatSubject,
  type PauseOfWorker,
} from '@benchwire/shared/contracts/worker.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Subscription } from '@nats-io/transport-node';
import type { Load } from './load.ts';

/** How long leaving may take when NATS does not answer; the scheduler then sees the silence. */
const LEAVE_MS = 2000;

export interface PresenceOptions {
  nats: NatsConnection;
  client: JetStreamClient;
  bucket: KV;
  capabilities: Capabilities;
  interval_seconds: number;
  running: () => Record<string, string[]>;
  load: () => Load;
  log: Log;
  /** Another process has registered under this worker's id. */
  onReplaced: () => void;
}

/** What the fleet knows of this worker: its entry in the `workers` bucket, its heartbeats, and events when it comes and goes. */
export class Presence {
  readonly #options: PresenceOptions;
  #state: Heartbeat['state'] = 'ready';
  #paused: PauseOfWorker | undefined;
  #revision = 0;
  #timer: NodeJS.Timeout | undefined;
  #own: Subscription | undefined;
  #checking = false;
  #stopped = false;
  #replaced = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Registers, says so, and beats from now on. */
  async start(): Promise<void> {
    const { capabilities, interval_seconds } = this.#options;
    await this.#register();
    this.#listen();
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), interval_seconds * 1000);
    void this.#followConnection();
    const pools = capabilities.devices.map((device) => device.pool).join(', ');
    await this.#tell('joined', `${capabilities.worker_id} offers ${pools}`, { capabilities });
  }

  /** Says at once that the worker takes no more jobs, with why where nobody asked for it, or that it does again. */
  async setState(state: 'ready' | 'draining', paused?: PauseOfWorker): Promise<void> {
    if (this.#stopped || this.#replaced) return;
    const same = this.#state === state && this.#paused?.kind === paused?.kind;
    this.#state = state;
    this.#paused = paused;
    if (same) return;
    this.#beat();
    const { worker_id } = this.#options.capabilities;
    if (state === 'ready') await this.#tellSoon('changed', `${worker_id} takes jobs again`);
    else if (paused === undefined) await this.#tellSoon('draining', `${worker_id} takes no more jobs`);
    else await this.#tellSoon('paused', `${worker_id} takes no jobs for now: ${paused.message}`, { paused });
  }

  /** The last heartbeat, and the entry taken back: what a worker that left could do is nobody's business any more. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#own?.unsubscribe();
    this.#state = 'left';
    const { bucket, capabilities, nats } = this.#options;
    if (nats.isClosed() || this.#replaced) return;
    this.#beat();
    const leave = async (): Promise<void> => {
      await bucket.delete(capabilities.worker_id, { previousSeq: this.#revision }).catch(() => undefined);
      await this.#tell('left', `${capabilities.worker_id} has left`);
      await nats.flush();
    };
    const timeout = new AbortController();
    await Promise.race([leave().catch(() => undefined), pause(LEAVE_MS, timeout.signal)]);
    timeout.abort();
  }

  async #register(): Promise<void> {
    const { bucket, capabilities } = this.#options;
    this.#revision = await bucket.put(capabilities.worker_id, JSON.stringify(capabilities));
  }

  #beat(): void {
    const { nats, capabilities, interval_seconds, running, load } = this.#options;
    // The id speaks for the other process now.
    if (nats.isClosed() || this.#replaced) return;
    const message: Heartbeat = {
      v: MESSAGE_VERSION,
      worker_id: capabilities.worker_id,
      boot_id: capabilities.boot_id,
      sent_at: new Date().toISOString(),
      interval_seconds,
      state: this.#state,
      ...(this.#paused === undefined ? {} : { paused: this.#paused }),
      capabilities_revision: this.#revision,
      running: running(),
      ...load(),
    };
    nats.publish(heartbeatSubject(capabilities.worker_id), JSON.stringify(message));
  }

  /** Two processes under one id would both be given jobs. Each hears the other's heartbeats; who isn't in the bucket gives way. */
  #listen(): void {
    const { nats, capabilities } = this.#options;
    this.#own = nats.subscribe(heartbeatSubject(capabilities.worker_id), {
      callback: (_error, message) => {
        if (this.#checking || this.#stopped || this.#replaced) return;
        const text = message.string();
        // Our own, nearly always: not worth parsing.
        if (text.includes(capabilities.boot_id)) return;
        this.#checking = true;
        this.#checkEntry()
          .catch((error: unknown) => this.#options.log.warn({ err: error }, 'could not look up the own registration'))
          .finally(() => {
            this.#checking = false;
          });
      },
    });
  }

  async #checkEntry(): Promise<void> {
    const { bucket, capabilities, log, onReplaced } = this.#options;
    const entry = await bucket.get(capabilities.worker_id);
    const parsed = entry === null ? undefined : parseJson(capabilitiesSchema, entry.value);
    if (this.#stopped) return;
    if (parsed?.ok === true && parsed.value.boot_id !== capabilities.boot_id) {
      log.fatal(
        `another process has registered as worker "${capabilities.worker_id}": give each its own WORKER_ID; this one stops`,
      );
      this.#replaced = true;
      onReplaced();
    }
  }

  /** After an outage the fleet hears of this worker at once, and finds its entry even on a server that lost it. */
  async #followConnection(): Promise<void> {
    const { nats, bucket, capabilities, log } = this.#options;
    for await (const status of nats.status()) {
      if (this.#stopped || this.#replaced) return;
      if (status.type !== 'reconnect') continue;
      this.#beat();
      try {
        const entry = await bucket.get(capabilities.worker_id);
        if (entry !== null && entry.operation === 'PUT') continue;
        await this.#register();
        this.#beat();
      } catch (error) {
        log.warn({ err: error }, 'could not look up the own registration after the outage');
      }
    }
  }

  /** Does not wait for long for a server that is away; the event still goes out when it is back. */
  async #tellSoon(kind: string, message: string, data?: Record<string, unknown>): Promise<void> {
    await Promise.race([this.#tell(kind, message, data), pause(LEAVE_MS)]);
  }

  async #tell(kind: string, message: string, data?: Record<string, unknown>): Promise<void> {
    const { client, capabilities } = this.#options;
    const at = new Date();
    const event_id = `${capabilities.worker_id}.${capabilities.boot_id}.${kind}.${at.toISOString()}`;
    const about = { worker_id: capabilities.worker_id, ...(data === undefined ? {} : { data }) };
    await publishEvent(client, eventOf('worker', kind, message, at.getTime(), event_id, about));
  }
}

import { eventOf, type FittingEvent } from '@benchwire/shared/contracts/event.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import {
  type Capabilities,
  capabilities as capabilitiesSchema,
  type Device,
  type Heartbeat,
  heartbeatSubject,
  type PauseOfWorker,
} from '@benchwire/shared/contracts/worker.ts';
import { describeClock, isClockOff } from '@benchwire/shared/format/clock-words.ts';
import { onStatus } from '@benchwire/shared/runtime/connection-status.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Subscription } from '@nats-io/transport-node';
import type { FleetClock } from './clock.ts';
import type { Load } from './load.ts';

/** How long leaving may take when NATS does not answer; the scheduler then sees the silence. */
const LEAVE_MS = 2000;
const REGISTER_AGAIN_MS = 1000;
/** The clock is measured at every so many heartbeats, and when it has jumped. */
const BEATS_PER_MEASURING = 30;

export interface PresenceOptions {
  nats: NatsConnection;
  client: JetStreamClient;
  bucket: KV;
  capabilities: Capabilities;
  clock: FleetClock;
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
  #offer: { devices: Device[]; device_notes: string[] | undefined };
  #revision = 0;
  #timer: NodeJS.Timeout | undefined;
  #started_at: string;
  readonly #started_ms = performance.now();
  #beats = 0;
  #measuring: Promise<void> | undefined;
  #own: Subscription | undefined;
  #leave: () => void = () => {};
  #checking = false;
  #stopped = false;
  #replaced = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#started_at = options.capabilities.started_at;
    const { devices, device_notes } = options.capabilities;
    this.#offer = { devices, device_notes };
  }

  /** Registers, says so, and beats from now on. */
  async start(): Promise<void> {
    const { capabilities, clock, interval_seconds, log } = this.#options;
    await this.#register();
    await this.#measureClock().catch((error: unknown) => log.debug({ err: error }, 'could not measure the clock'));
    const wrong = clock.takeChange();
    if (wrong !== undefined) log.warn({ ...wrong }, `the clock of this machine is ${describeClock(wrong)}`);
    this.#listen();
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), interval_seconds * 1000);
    this.#leave = onStatus(this.#options.nats, ({ type }) => {
      if (type === 'reconnect') void this.#returnAfterOutage();
    });
    const pools = capabilities.devices.map((device) => device.pool).join(', ');
    const message = `${capabilities.worker_id} offers ${pools}`;
    await this.#publish(
      eventOf('worker.joined', { ...this.#about('joined'), message, data: { capabilities: this.#entry() } }),
    );
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
    const off = paused === undefined ? 'takes no more jobs' : `takes no jobs for now: ${paused.message}`;
    await this.#publishSoon(this.#stateEvent(`${worker_id} ${state === 'ready' ? 'takes jobs again' : off}`));
  }

  /** The last heartbeat, and the entry taken back: what a worker that left could do is nobody's business any more. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#leave();
    this.#own?.unsubscribe();
    this.#state = 'left';
    const { bucket, capabilities, nats } = this.#options;
    if (nats.isClosed() || this.#replaced) return;
    this.#beat();
    await Promise.race([this.#measuring, pause(LEAVE_MS)]);
    const leave = async (): Promise<void> => {
      await bucket.delete(capabilities.worker_id, { previousSeq: this.#revision }).catch(() => undefined);
      const message = `${capabilities.worker_id} has left`;
      await this.#publish(eventOf('worker.left', { ...this.#about('left'), message }));
      await nats.flush();
    };
    const timeout = new AbortController();
    await Promise.race([leave().catch(() => undefined), pause(LEAVE_MS, timeout.signal)]);
    timeout.abort();
  }

  /** Says what the worker offers from now on. With no device at all the entry keeps those that it had. Waits while NATS is away. */
  async update(devices: readonly Device[], notes: readonly string[], message: string): Promise<void> {
    this.#offer = {
      devices: devices.length === 0 ? this.#offer.devices : [...devices],
      device_notes: notes.length === 0 ? undefined : [...notes],
    };
    while (!this.#stopped && !this.#replaced) {
      await this.#measuring;
      try {
        await this.#register();
        break;
      } catch (error) {
        this.#options.log.warn(
          { reason: messageOf(error) },
          'could not report that devices have changed, trying again',
        );
        await pause(REGISTER_AGAIN_MS);
      }
    }
    if (this.#stopped || this.#replaced) return;
    this.#beat();
    await this.#publishSoon(this.#stateEvent(message, { capabilities: this.#entry() }));
  }

  /** Its entry was removed, because somebody damaged it or a server lost it. Another process's entry is left alone. */
  async registerAgain(): Promise<void> {
    if (this.#stopped || this.#replaced) return;
    const { bucket, capabilities } = this.#options;
    const entry = await bucket.get(capabilities.worker_id);
    const parsed = entry?.operation === 'PUT' ? parseJson(capabilitiesSchema, entry.value) : undefined;
    if (parsed?.ok === true) return;
    await this.#register();
    this.#beat();
  }

  async #register(): Promise<void> {
    const { bucket, capabilities, clock, log } = this.#options;
    const sent_ms = performance.now();
    this.#revision = await bucket.put(capabilities.worker_id, JSON.stringify(this.#entry()));
    await this.#readClock(clock, sent_ms, performance.now()).catch((error: unknown) =>
      log.debug({ err: error }, 'could not measure the clock'),
    );
  }

  #entry(): Capabilities {
    const { capabilities, clock } = this.#options;
    const { device_notes: _, ...lasting } = capabilities;
    const { offset } = clock;
    const { devices, device_notes } = this.#offer;
    return {
      ...lasting,
      started_at: this.#started_at,
      devices,
      ...(device_notes === undefined ? {} : { device_notes }),
      ...(offset === undefined ? {} : { clock: offset }),
    };
  }

  /** Writes the own entry anew, and learns from when the server stored it how far the clock of this machine is off. */
  async #measureClock(): Promise<void> {
    const { bucket, capabilities, clock } = this.#options;
    // By this time the scheduler tells what this process has taken from what the one before it had; BullMQ writes the machine's.
    if (clock.hasJumped) this.#started_at = new Date(Date.now() - (performance.now() - this.#started_ms)).toISOString();
    const sent_ms = performance.now();
    this.#revision = await bucket.update(capabilities.worker_id, JSON.stringify(this.#entry()), this.#revision);
    await this.#readClock(clock, sent_ms, performance.now());
  }

  async #readClock(clock: FleetClock, sent_ms: number, confirmed_ms: number): Promise<void> {
    const { bucket, capabilities } = this.#options;
    const stored = await bucket.get(capabilities.worker_id);
    // A replica that is behind has the entry before.
    if (stored?.revision === this.#revision) clock.set(stored.created.getTime(), sent_ms, confirmed_ms);
  }

  /** Looks at the clock now and then, and tells when it goes wrong or right. */
  #watchClock(): void {
    const { clock, log, capabilities } = this.#options;
    const due = this.#beats++ % BEATS_PER_MEASURING === BEATS_PER_MEASURING - 1 || clock.hasJumped;
    if (!due || this.#measuring !== undefined || this.#stopped || this.#replaced) return;
    const measure = async (): Promise<void> => {
      await this.#measureClock();
      const change = clock.takeChange();
      if (change === undefined) return;
      const wrong = isClockOff(change);
      const words = wrong
        ? `is ${describeClock(change)}: the times of its results are corrected by it`
        : 'is right again';
      log.warn({ ...change }, `the clock of this machine ${words}`);
      await this.#measureClock();
      const message = `the clock of ${capabilities.worker_id} ${words}`;
      await this.#publish(this.#stateEvent(message, { capabilities: this.#entry() }));
    };
    this.#measuring = measure()
      .catch((error: unknown) => log.debug({ err: error }, 'could not measure the clock'))
      .finally(() => {
        this.#measuring = undefined;
      });
  }

  #beat(): void {
    const { nats, capabilities, clock, interval_seconds, running, load } = this.#options;
    // The id speaks for the other process now.
    if (nats.isClosed() || this.#replaced) return;
    const message: Heartbeat = {
      v: MESSAGE_VERSION,
      worker_id: capabilities.worker_id,
      boot_id: capabilities.boot_id,
      sent_at: clock.timestamp(),
      interval_seconds,
      state: this.#state,
      ...(clock.offset === undefined ? {} : { clock: clock.offset }),
      ...(this.#paused === undefined ? {} : { paused: this.#paused }),
      capabilities_revision: this.#revision,
      running: running(),
      ...load(),
    };
    nats.publish(heartbeatSubject(capabilities.worker_id), JSON.stringify(message));
    if (this.#timer !== undefined) this.#watchClock();
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
  async #returnAfterOutage(): Promise<void> {
    if (this.#stopped || this.#replaced) return;
    const { bucket, capabilities, log } = this.#options;
    this.#beat();
    try {
      const entry = await bucket.get(capabilities.worker_id);
      if (entry !== null && entry.operation === 'PUT') return;
      await this.#register();
      this.#beat();
    } catch (error) {
      log.warn({ err: error }, 'could not look up the own registration after the outage');
    }
  }

  /** The event that says whether it takes jobs. */
  #stateEvent(message: string, offer?: { capabilities: Capabilities }): FittingEvent {
    const paused = this.#paused;
    if (this.#state === 'ready') return eventOf('worker.changed', { ...this.#about('changed'), message, data: offer });
    if (paused === undefined) return eventOf('worker.draining', { ...this.#about('draining'), message, data: offer });
    return eventOf('worker.paused', { ...this.#about('paused'), message, data: { ...offer, paused } });
  }

  /** Does not wait for long for a server that is away; the event still goes out when it is back. */
  async #publishSoon(event: FittingEvent): Promise<void> {
    await Promise.race([this.#publish(event), pause(LEAVE_MS)]);
  }

  async #publish(event: FittingEvent): Promise<void> {
    await publishEvent(this.#options.client, event);
  }

  #about(kind: string) {
    const { worker_id, boot_id } = this.#options.capabilities;
    const at_ms = this.#options.clock.now();
    return { worker_id, at_ms, event_id: `${worker_id}.${boot_id}.${kind}.${new Date(at_ms).toISOString()}` };
  }
}

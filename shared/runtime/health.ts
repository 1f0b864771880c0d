import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { eventOf } from '../contracts/event.ts';
import { MESSAGE_VERSION } from '../contracts/ids.ts';
import {
  type ConsumerLag,
  instancePingSubject,
  SERVICE_PING_SUBJECT,
  type ServiceHealth,
} from '../contracts/service.ts';
import packageJson from '../package.json' with { type: 'json' };
import { messageOf } from './errors.ts';
import type { ServiceHttp } from './http.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { NatsConnection } from './nats.ts';
import { publishEvent } from './publish-event.ts';
import { StalledConsumer } from './stalled-consumer.ts';

/** How often the process is looked at. */
const SAMPLE_MS = 5000;
/** A service that has just started still makes its connections. */
const STARTING_MS = 10_000;
/** How often what it needs for its work is looked at. */
const LOOK_EVERY_MS = 2000;
/** How often it is looked whether the service is still ready. */
const WATCH_MS = 1000;
/** A report that NATS does not take in this time is left out; the next one says more. */
const REPORT_MS = 5000;
const LOOK_MS = 3000;
const LAG_MS = 400;
const LOOP_RESOLUTION_MS = 20;
const MB = 1e6;

export interface HealthOptions {
  service: string;
  http: ServiceHttp;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
  /** Between two reports while nothing changes. */
  interval_ms: number;
}

/**
 * How this instance is: sent to every process that pings, and in events at the start, on each change of readiness, now and then,
 * and at the end.
 */
export class Health {
  readonly instance_id: string;
  readonly #options: HealthOptions;
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #consumers: Array<{ stream: string; consumer: string }> = [];
  readonly #stopping = new AbortController();
  #role: () => string | null = () => null;
  readonly #looks: Array<() => Promise<void>> = [];
  #cpu = process.cpuUsage();
  #sampled_at = performance.now();
  #sample = { cpu_percent: 0, event_loop_delay_ms: 0 };
  #looking = false;
  #disk_free_mb: number | null = null;
  #reported = '';
  #logged = '';
  readonly #started_at = performance.now();
  #reported_at = 0;
  #stop: Array<() => void> = [];

  constructor(options: HealthOptions) {
    this.#options = options;
    this.instance_id = `${options.service}-${randomBytes(6).toString('hex')}`;
  }

  /**
   * Says how far this durable consumer is behind, too; not ready while messages wait for it and none is acknowledged.
   * @returns ends that
   */
  async watchConsumer(stream: string, consumer: string): Promise<() => void> {
    const watched = { stream, consumer };
    this.#consumers.push(watched);
    const stalled = new StalledConsumer(this.#options.manager, stream, consumer);
    const leave = await this.watch(`${stream} to ${consumer}`, async () => {
      const reason = await stalled.look(performance.now());
      if (reason !== undefined) throw new Error(reason);
    });
    return () => {
      this.#consumers.splice(this.#consumers.indexOf(watched), 1);
      leave();
    };
  }

  /**
   * Looks now and then; not ready while `look` throws, for the reason that it gives, or does not come back.
   * @returns ends that
   */
  async watch(name: string, look: () => Promise<void>): Promise<() => void> {
    let wrong: string | undefined;
    const check = async (): Promise<void> => {
      const late = new AbortController();
      try {
        const tooLate = pause(LOOK_MS, late.signal).then(() => {
          if (!late.signal.aborted) throw new Error(`no answer within ${LOOK_MS / 1000} s`);
        });
        await Promise.race([look(), tooLate]);
        wrong = undefined;
      } catch (error) {
        wrong = messageOf(error);
      } finally {
        late.abort();
      }
    };
    this.#looks.push(check);
    await check();
    this.#options.http.addReadiness(name, () => wrong);
    return () => {
      this.#looks.splice(this.#looks.indexOf(check), 1);
      this.#options.http.removeReadiness(name);
    };
  }

  /** Not ready while the folder's file system has less room than this. */
  async watchDisk(folder: string, min_free_mb: number): Promise<void> {
    await this.watch('disk', async () => {
      this.#disk_free_mb = null;
      const { bavail, bsize } = await statfs(folder);
      this.#disk_free_mb = Math.floor((bavail * bsize) / MB);
      if (this.#disk_free_mb < min_free_mb)
        throw new Error(`disk full: ${this.#disk_free_mb} MB left for ${folder}, and it needs ${min_free_mb} MB`);
    });
  }

  set role(role: () => string | null) {
    this.#role = role;
  }

  /** Answers pings from now on. */
  start(): void {
    const { nats, log } = this.#options;
    this.#loop.enable();
    for (const subject of [SERVICE_PING_SUBJECT, instancePingSubject(this.instance_id)]) {
      const subscription = nats.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null || message.reply === undefined) return;
          void this.read().then(
            (health) => nats.isClosed() || message.respond(JSON.stringify(health)),
            (reason: unknown) => log.warn({ err: reason }, 'could not answer a ping'),
          );
        },
      });
      this.#stop.push(() => nats.isClosed() || subscription.unsubscribe());
    }
    const sampling = setInterval(() => this.#takeSample(), SAMPLE_MS);
    const looking = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    const watching = setInterval(() => void this.#reportIfDue(), WATCH_MS);
    for (const timer of [sampling, looking, watching]) {
      timer.unref();
      this.#stop.push(() => clearInterval(timer));
    }
  }

  /** Takes its leave. */
  async stop(): Promise<void> {
    for (const each of this.#stop) each();
    this.#loop.disable();
    const { nats } = this.#options;
    if (!nats.isClosed()) await this.#report('stopped', false, AbortSignal.timeout(1000));
    this.#stopping.abort();
  }

  async read(): Promise<ServiceHealth> {
    const { service, http } = this.#options;
    const checks = http.checks();
    return {
      v: MESSAGE_VERSION,
      at: new Date().toISOString(),
      service,
      instance_id: this.instance_id,
      pid: process.pid,
      host: hostname(),
      version: packageJson.version,
      started_at: new Date(performance.timeOrigin).toISOString(),
      ready: Object.values(checks).every((wrong) => wrong === null),
      checks,
      role: this.#role(),
      memory_rss_mb: Math.round(process.memoryUsage.rss() / MB),
      ...this.#sample,
      disk_free_mb: this.#disk_free_mb,
      consumers: await Promise.all(this.#consumers.map((each) => this.#lagOf(each))),
    };
  }

  async #lagOf({ stream, consumer }: { stream: string; consumer: string }): Promise<ConsumerLag> {
    const unknown = { stream, consumer, pending: null, unacked: null };
    // A JetStream that hangs (on a full disk) must not keep this instance from answering a ping.
    const late = new AbortController();
    try {
      return await Promise.race([
        this.#options.manager.consumers.info(stream, consumer).then(
          (info): ConsumerLag => ({ stream, consumer, pending: info.num_pending, unacked: info.num_ack_pending }),
          () => unknown,
        ),
        pause(LAG_MS, late.signal).then(() => unknown),
      ]);
    } finally {
      late.abort();
    }
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    await Promise.all(this.#looks.map((look) => look()));
    this.#looking = false;
  }

  #takeSample(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    const elapsed_us = (now - this.#sampled_at) * 1000;
    this.#cpu = process.cpuUsage();
    this.#sampled_at = now;
    this.#sample = {
      cpu_percent: round((100 * (user + system)) / elapsed_us),
      // Without the resolution itself: an idle loop is 0 late.
      event_loop_delay_ms: round(Math.max(0, this.#loop.percentile(99) / 1e6 - LOOP_RESOLUTION_MS)),
    };
    this.#loop.reset();
  }

  async #reportIfDue(): Promise<void> {
    const { http, interval_ms, nats } = this.#options;
    const wrong = Object.keys(missing(http.checks())).join();
    this.#logChange(wrong);
    const due = performance.now() - this.#reported_at >= interval_ms;
    if (nats.isClosed() || (wrong === this.#reported && this.#reported_at > 0 && !due)) return;
    const is_repeat = wrong === this.#reported && this.#reported_at > 0;
    this.#reported = wrong;
    this.#reported_at = performance.now();
    await this.#report('health', is_repeat, AbortSignal.any([AbortSignal.timeout(REPORT_MS), this.#stopping.signal]));
  }

  /** What keeps it from its work stands in the log, too, when it begins and when it is over. */
  #logChange(wrong: string): void {
    if (wrong === this.#logged || (wrong !== '' && this.#isStarting())) return;
    this.#logged = wrong;
    const { http, log } = this.#options;
    if (wrong === '') log.info('ready again');
    else log.warn({ missing: missing(http.checks()) }, 'not ready');
  }

  /** Connections that are still being made are no news, unless it takes long. */
  #isStarting(): boolean {
    return performance.now() - this.#started_at < STARTING_MS;
  }

  async #report(kind: 'health' | 'stopped', is_repeat: boolean, signal: AbortSignal): Promise<void> {
    const { jetstream, service, log } = this.#options;
    try {
      const data = { ...(await this.read()), ...(is_repeat ? { is_repeat } : {}) };
      const wrong = Object.entries(missing(data.checks)).map(([name, reason]) => `${name}: ${reason}`);
      const state = wrong.length === 0 ? 'is ready' : `is not ready: ${wrong.join('; ')}`;
      const message = `${service} ${kind === 'stopped' ? 'has stopped' : state}`;
      const event_id = `${this.instance_id}.${kind}.${data.at}`;
      const event = eventOf(`service.${kind}`, { at_ms: Date.parse(data.at), event_id, message, data });
      await publishEvent(jetstream, event, signal);
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.debug({ err: error }, 'could not report the own health');
    }
  }
}

function missing(checks: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(checks).flatMap(([name, wrong]) => (wrong === null ? [] : [[name, wrong]])));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

import { SCHEDULER_STATUS_SUBJECT, type SchedulerStatus, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { listen } from '@benchwire/shared/runtime/listen.ts';
import { closeNats, connectNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { z } from 'zod';
import { Autoscaler, type Need, type ScalingPolicy, workersFor } from './autoscale.ts';
import { activeOf, stepsTo } from './autoscale-steps.ts';
import { OwnWorker } from './own-worker.ts';
import type { LocalStack } from './stack.ts';

const LOOK_EVERY_MS = 1000;
/** The scheduler says every second how things stand; what it said longer ago is no longer so. */
const STATUS_IS_NEWS_MS = 3000;

interface AutoscalerOptions {
  stack: LocalStack;
  policy: ScalingPolicy;
  /** Gets one line for each thing it does, with the reason. */
  say: (text: string) => void;
}

/** Starts and stops worker processes of this stack by the demand that the scheduler tells of, until `stop`. */
export async function startAutoscaler(options: AutoscalerOptions): Promise<Running> {
  const nats = await connectNats('autoscaler', loadConfig(z.object(natsVariables), options.stack.env));
  const scaling = new Scaling(options, nats);
  listen(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, (status) => scaling.hear(status));
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await scaling.act(stopping.signal);
      await pause(LOOK_EVERY_MS, stopping.signal);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
      await closeNats(nats);
    },
  };
}

class Scaling {
  readonly #options: AutoscalerOptions;
  readonly #nats: NatsConnection;
  readonly #autoscaler: Autoscaler;
  readonly #workers = new Map<string, OwnWorker>();
  #heard: { status: SchedulerStatus; at_ms: number } | undefined;

  constructor(options: AutoscalerOptions, nats: NatsConnection) {
    this.#options = options;
    this.#nats = nats;
    this.#autoscaler = new Autoscaler(options.policy);
  }

  hear(status: SchedulerStatus): void {
    this.#heard = { status, at_ms: Date.now() };
  }

  /** Looks at the workers and at the demand, and does what follows from them. */
  async act(stopping: AbortSignal): Promise<void> {
    const { stack, policy, say } = this.#options;
    this.#look();
    const workers = [...this.#workers.values()];
    const views = workers.flatMap(({ view }) => view ?? []);
    const active = activeOf(views);
    const held = views.filter(({ state }) => state === 'held').length;
    const now = Date.now();
    const news = this.#news(now);
    const need = news === undefined ? undefined : needOf(news, workers, policy.drain_seconds);
    // Those that are held count towards the most that there may be, so that a drained worker is not made up for without end.
    const target = Math.min(this.#autoscaler.target(active, need?.workers, now), Math.max(0, policy.max - held));
    const steps = stepsTo(target, views);
    if (stopping.aborted) return;

    if (this.#autoscaler.mayStart(now)) {
      for (let n = 1; n <= steps.start; n++) {
        say(`autoscaler: starting worker ${active + steps.resume.length + n} of at most ${policy.max}: ${need?.why}`);
        void this.#start(stopping);
      }
    }
    const enough = `for ${policy.cool_down_ms / 1000} s ${target} of ${active} would have done; now ${need?.why}`;
    await Promise.all([
      ...steps.resume.map((name) => this.#tell(name, 'resume', need?.why ?? '')),
      ...steps.drain.map((name) => this.#tell(name, 'drain', enough)),
    ]);
    for (const name of steps.stop) {
      say(`autoscaler: stopping ${this.#idOf(name)}: it has nothing left to do`);
      const handle = this.#workers.get(name)?.handle;
      if (handle !== undefined) void stack.stopService(handle);
    }
  }

  #look(): void {
    for (const handle of this.#options.stack.services) {
      if (handle.kind === 'worker' && !this.#workers.has(handle.name))
        this.#workers.set(handle.name, new OwnWorker(handle, this.#nats));
    }
    for (const worker of this.#workers.values()) worker.look();
  }

  #news(now: number): SchedulerStatus | undefined {
    const heard = this.#heard;
    return heard !== undefined && now - heard.at_ms < STATUS_IS_NEWS_MS ? heard.status : undefined;
  }

  async #start(stopping: AbortSignal): Promise<void> {
    const { stack, say } = this.#options;
    const down = [...this.#workers.values()].find((worker) => worker.isDown);
    try {
      if (down === undefined) await stack.addService('worker');
      else await down.start();
      this.#autoscaler.started();
    } catch (error) {
      if (stopping.aborted) return;
      const wait_ms = this.#autoscaler.failed(Date.now());
      say(`autoscaler: a worker did not start, none is started for ${wait_ms / 1000} s: ${messageOf(error)}`);
    }
  }

  async #tell(name: string, command: 'drain' | 'resume', why: string): Promise<void> {
    try {
      await this.#workers.get(name)?.tell(command);
      const does = command === 'drain' ? 'no more tasks' : 'tasks again';
      this.#options.say(`autoscaler: ${this.#idOf(name)} takes ${does}: ${why}`);
    } catch {
      // It is away, or NATS is: with the next look everything is decided anew.
    }
  }

  /** What `bw workers` calls it. */
  #idOf(name: string): string {
    return this.#workers.get(name)?.worker_id ?? name;
  }
}

/**
 * How many of its own workers the stack needs: for the pool of theirs that asks for most, without what workers of other
 * machines do for it. Undefined while none of its pools is known.
 */
function needOf(status: SchedulerStatus, workers: readonly OwnWorker[], drain_seconds: number): Need | undefined {
  let most: Need | undefined;
  for (const pool of status.pools) {
    const here = workers.filter(({ pools }) => pools.has(pool.pool));
    if (here.length === 0) continue;
    const ready = here.filter(({ view }) => view?.state === 'ready').length;
    const need = workersFor(pool, drain_seconds);
    const workers_here = Math.max(0, need.workers - Math.max(0, pool.workers - ready));
    if (most === undefined || workers_here > most.workers) most = { workers: workers_here, why: need.why };
  }
  return most;
}

import { SCHEDULER_STATUS_SUBJECT, type SchedulerStatus, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { listen } from '@benchwire/shared/runtime/listen.ts';
import { closeNats, connectNats } from '@benchwire/shared/runtime/nats.ts';
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
export async function startAutoscaler({ stack, policy, say }: AutoscalerOptions): Promise<Running> {
  const nats = await connectNats('autoscaler', loadConfig(z.object(natsVariables), stack.env));
  const autoscaler = new Autoscaler(policy);
  const stopping = new AbortController();
  const workers = new Map<string, OwnWorker>();
  let heard: { status: SchedulerStatus; at_ms: number } | undefined;

  listen(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, (status) => {
    heard = { status, at_ms: Date.now() };
  });

  const start = async (): Promise<void> => {
    const down = [...workers.values()].find((worker) => worker.isDown);
    try {
      if (down === undefined) await stack.addService('worker');
      else await down.start();
      autoscaler.started();
    } catch (error) {
      if (stopping.signal.aborted) return;
      const wait_ms = autoscaler.failed(Date.now());
      say(`autoscaler: a worker did not start, none is started for ${wait_ms / 1000} s: ${messageOf(error)}`);
    }
  };

  /** What `bw workers` calls it. */
  const idOf = (name: string): string => workers.get(name)?.worker_id ?? name;

  const tell = async (name: string, command: 'drain' | 'resume', why: string): Promise<void> => {
    try {
      await workers.get(name)?.tell(command);
      say(`autoscaler: ${idOf(name)} takes ${command === 'drain' ? 'no more tasks' : 'tasks again'}: ${why}`);
    } catch {
      // It is away, or NATS is: with the next look everything is decided anew.
    }
  };

  const act = async (): Promise<void> => {
    for (const handle of stack.services) {
      if (handle.kind === 'worker' && !workers.has(handle.name)) workers.set(handle.name, new OwnWorker(handle, nats));
    }
    for (const worker of workers.values()) worker.look();
    const views = [...workers.values()].flatMap(({ view }) => view ?? []);
    const active = activeOf(views);
    const held = views.filter(({ state }) => state === 'held').length;
    const now = Date.now();
    const news = heard !== undefined && now - heard.at_ms < STATUS_IS_NEWS_MS ? heard.status : undefined;
    const need = news === undefined ? undefined : needOf(news, [...workers.values()], policy.drain_seconds);
    // Those that are held count towards the most that there may be, so that a drained worker is not made up for without end.
    const target = Math.min(autoscaler.target(active, need?.workers, now), Math.max(0, policy.max - held));
    const steps = stepsTo(target, views);
    if (stopping.signal.aborted) return;

    if (autoscaler.mayStart(now)) {
      for (let n = 1; n <= steps.start; n++) {
        say(`autoscaler: starting worker ${active + steps.resume.length + n} of at most ${policy.max}: ${need?.why}`);
        void start();
      }
    }
    const enough = `for ${policy.cool_down_ms / 1000} s ${target} of ${active} would have done; now ${need?.why}`;
    await Promise.all([
      ...steps.resume.map((name) => tell(name, 'resume', need?.why ?? '')),
      ...steps.drain.map((name) => tell(name, 'drain', enough)),
    ]);
    for (const name of steps.stop) {
      say(`autoscaler: stopping ${idOf(name)}: it has nothing left to do`);
      const handle = workers.get(name)?.handle;
      if (handle !== undefined) void stack.stopService(handle);
    }
  };

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await act();
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

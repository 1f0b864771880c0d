import { expand } from '@benchwire/shared/contracts/expand.ts';
import { type Request, request } from '@benchwire/shared/contracts/request.ts';
import type { RunSubmitted } from '@benchwire/shared/contracts/run.ts';
import type { Capabilities, Device } from '@benchwire/shared/contracts/worker.ts';
import { exponential } from '@benchwire/shared/stats/exponential.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import type { Hardware, Scenario, Work } from './scenario.ts';

/** When simulated time begins. */
export const EPOCH_MS = Date.parse('2026-01-01T00:00:00.000Z');

export interface SimulatedWorker {
  capabilities: Capabilities;
  hardware: Hardware;
  pool: string;
}

/** A request that comes in at a time, and how long its tasks take on the reference machine. */
export interface Submission {
  at_ms: number;
  message: RunSubmitted;
  work: Work;
  /** By task id, in milliseconds. */
  reference_ms: ReadonlyMap<string, number>;
}

/** The workers of a scenario. Each pool of a kind of hardware has a fingerprint of its own. */
export function workersOf(scenario: Scenario): SimulatedWorker[] {
  return scenario.hardware.flatMap((hardware) =>
    Array.from({ length: hardware.workers }, (_, index) => {
      const pool = `${hardware.class}-${hardware.name}-${index % hardware.pools}`;
      const worker_id = `${hardware.name}-${index}`;
      const device: Device = {
        device_id: `${hardware.class}-0`,
        class: hardware.class,
        name: hardware.name,
        fingerprint: pool,
        pool,
        memory_gb: hardware.memory_gb,
        cuda_compute: hardware.cuda_compute,
        slots: hardware.slots,
        executors: ['onnx'],
        commands: [],
        labels: hardware.labels,
        environment: {},
      };
      const capabilities: Capabilities = {
        v: 1,
        worker_id,
        boot_id: 'boot-0',
        hostname: worker_id,
        started_at: new Date(EPOCH_MS).toISOString(),
        version: 'simulated',
        devices: [device],
      };
      return { capabilities, hardware, pool };
    }),
  );
}

function kindOf(work: Work): string {
  return work.kind ?? work.name;
}

/** How many times faster than the reference machine some hardware does some work. */
export function speedOf(hardware: Hardware, work: Work): number {
  return hardware.speed[kindOf(work)] ?? hardware.speed.default ?? 1;
}

/** Everything that comes in, in order of time. */
export function submissionsOf(scenario: Scenario): Submission[] {
  const random = createRandom(scenario.seed);
  const submissions: Submission[] = [];
  for (const work of scenario.work) {
    let at_ms = work.at_seconds * 1000;
    for (let number = 0; number < work.submissions; number++) {
      submissions.push(submission(work, at_ms, submissions.length, random));
      at_ms += work.random ? exponential(work.every_seconds * 1000, random) : work.every_seconds * 1000;
    }
  }
  return submissions.sort((a, b) => a.at_ms - b.at_ms);
}

function submission(work: Work, at_ms: number, number: number, random: Random): Submission {
  const body = requestOf(work);
  const expansion = expand(body);
  if (!expansion.ok) throw new Error(`the work ${work.name} is no request: ${JSON.stringify(expansion.issues)}`);
  const reference_ms = new Map(
    expansion.tasks.map(({ task_id }) => [task_id, work.seconds * 1000 * logNormal(work.spread, random)]),
  );
  const message: RunSubmitted = {
    v: 1,
    run_id: `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`,
    at: new Date(EPOCH_MS + Math.round(at_ms)).toISOString(),
    kind: 'submitted',
    request: body,
  };
  return { at_ms, message, work, reference_ms };
}

function requestOf(work: Work): Request {
  const base = {
    config: { model: work.name },
    requirements: work.requirements,
    retry_policy: { max_retries: work.max_retries, retry_delay_seconds: 1 },
  };
  const tasks =
    work.stages === 1
      ? [{ ...base, task_id: 't', repetitions: work.tasks }]
      : Array.from({ length: work.stages * work.tasks }, (_, index) => {
          const stage = Math.floor(index / work.tasks);
          const place = index % work.tasks;
          const before = (n: number): string => `s${stage - 1}-${(place + n) % work.tasks}`;
          const depends_on =
            stage === 0 ? [] : Array.from({ length: Math.min(work.fan_in, work.tasks) }, (_, n) => before(n));
          return { ...base, task_id: `s${stage}-${place}`, depends_on };
        });
  return request.parse({
    name: work.name,
    priority: work.priority,
    tags: work.tenant === undefined ? {} : { tenant: work.tenant },
    tasks,
  });
}

/** Log-normal with mean 1. */
function logNormal(sigma: number, random: Random): number {
  return Math.exp(sigma * normal(random) - (sigma * sigma) / 2);
}

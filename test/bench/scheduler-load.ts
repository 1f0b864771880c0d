import { Fleet } from '@benchwire/scheduler/src/fleet/fleet.ts';
import { planEmissions } from '@benchwire/scheduler/src/placement/emit.ts';
import type { Strategy } from '@benchwire/scheduler/src/placement/strategy.ts';
import { SchedulerState } from '@benchwire/scheduler/src/state/scheduler-state.ts';
import { aHeartbeat } from '@benchwire/scheduler/src/testing.ts';
import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';

const T0 = Date.parse('2026-01-01T00:00:00.000Z');
const TASKS_PER_RUN = 100_000;
const WORKERS_PER_POOL = 100;
const MODELS = 10;
const TENANTS = 4;

/** Kinds of hardware in turn, with how much faster than the first one each runs a model (by the model's number). */
const KINDS: ReadonlyArray<{ class: HardwareClass; memory_gb: number; speed: (model: number) => number }> = [
  { class: 'cpu', memory_gb: 64, speed: () => 1 },
  { class: 'cpu', memory_gb: 16, speed: (model) => 0.5 + (model % 3) / 4 },
  { class: 'cuda', memory_gb: 24, speed: (model) => 2 + (model % 5) * 3 },
  { class: 'cuda', memory_gb: 80, speed: (model) => 4 + (model % 7) * 4 },
  { class: 'npu', memory_gb: 8, speed: (model) => (model % 2 === 0 ? 4 : 0.5) },
];

/**
 * A fleet and a state with that many tasks waiting: runs of 100,000 tasks by matrix and repetitions, of four tenants, with
 * different needs and priorities. Run times are known, as they are to a scheduler that has been running for a while.
 */
export function loadedState(workers: number, tasks: number): { fleet: Fleet; state: SchedulerState } {
  const state = new SchedulerState();
  const fleet = fleetOf(workers);
  for (let run = 0; run * TASKS_PER_RUN < tasks; run++) submit(state, run, Math.min(TASKS_PER_RUN, tasks));
  learn(state, fleet);
  return { fleet, state };
}

function fleetOf(workers: number): Fleet {
  const fleet = new Fleet(T0);
  for (let index = 0; index < workers; index++) {
    const pool = Math.floor(index / WORKERS_PER_POOL);
    const kind = KINDS[pool % KINDS.length];
    if (kind === undefined) continue;
    const device: Device = {
      device_id: 'd',
      class: kind.class,
      name: 'd',
      fingerprint: `f${pool}`,
      pool: `${kind.class}-${pool}`,
      memory_gb: kind.memory_gb,
      cuda_compute: kind.class === 'cuda' ? 8 : null,
      slots: 1,
      executors: ['onnx'],
      commands: [],
      labels: { site: pool % 2 === 0 ? 'a' : 'b' },
      environment: {},
    };
    const worker_id = `worker-${index}`;
    const at = new Date(T0).toISOString();
    fleet.applyCapabilities(
      { v: 1, worker_id, boot_id: 'b', hostname: 'h', started_at: at, version: '0', devices: [device] },
      T0,
    );
    fleet.applyHeartbeat(aHeartbeat(worker_id, { boot_id: 'b', sent_at: at }), T0);
  }
  return fleet;
}

/** Ten models by a hundredth of the run's tasks each, over five lists of requirements and two priorities. */
function submit(state: SchedulerState, run: number, tasks: number): void {
  const needs = [
    {},
    { min_memory_gb: 16 },
    { hardware: ['cpu'] },
    { hardware: ['cuda', 'npu'] },
    { labels: { site: 'a' } },
  ];
  const body = request.parse({
    name: 'load',
    tags: { tenant: `tenant-${run % TENANTS}` },
    matrix: { model: Array.from({ length: MODELS }, (_, model) => `model-${model}`) },
    tasks: needs.flatMap((requirements, index) =>
      [0, 1].map((priority) => ({
        task_id: `t${index}-${priority}`,
        priority,
        requirements,
        repetitions: tasks / MODELS / needs.length / 2,
        config: { model: 'm' },
      })),
    ),
  });
  const run_id = `00000000-0000-7000-8000-${String(run).padStart(12, '0')}`;
  const issues = state.applyRunMessage(
    { v: 1, run_id, at: new Date(T0 + run).toISOString(), kind: 'submitted', request: body },
    T0,
  );
  if (issues.length > 0) throw new Error(JSON.stringify(issues));
}

function learn(state: SchedulerState, fleet: Fleet): void {
  const workloads = new Map<string, number>();
  for (const run of state.runs.values()) {
    for (const { bucket } of [...run.lanes.values()].flat()) {
      workloads.set(bucket.workload, Number(bucket.model?.split('-')[1] ?? 0));
    }
  }
  for (const [workload, model] of workloads) {
    for (const { pool, offer } of fleet.pools().values()) {
      const kind = KINDS[Number(pool.split('-')[1]) % KINDS.length];
      const seconds = (10 + model * 5) / (kind?.speed(model) ?? 1);
      for (let n = 0; n < 8; n++) state.run_times.observe(workload, pool, offer.class, seconds, n);
    }
  }
}

export interface Driven {
  decisions: number;
  seconds: number;
}

/**
 * Makes decisions: lets the emitted attempts end in the order in which they were started, folds their outcomes, and
 * has the freed slots filled, until so many tasks have been chosen. Simulated time goes on as the attempts would take.
 */
export function drive(state: SchedulerState, fleet: Fleet, strategy: Strategy, decisions: number): Driven {
  const running: Array<{ run_id: string; task_id: string; pool: string }> = [];
  let now = T0;
  let done = 0;
  let head = 0;
  const began = performance.now();
  while (done < decisions) {
    const emissions = planEmissions(state, fleet, strategy, now, 2000);
    for (const { state: task, pool } of emissions) {
      running.push({ run_id: task.lane.run.submitted.run_id, task_id: task.task_id, pool });
    }
    done += emissions.length;
    // A second of a fleet whose tasks take some ten seconds.
    const ends = Math.max(1, Math.min(200, Math.ceil(running.length / 20)));
    now += 20;
    const ended = { attempt: 1, max_attempts: 1, status: 'completed', error: null, worker_id: 'w' } as const;
    const finished_at = new Date(now).toISOString();
    for (let n = 0; n < ends && head < running.length; n++) {
      const each = running[head++];
      if (each === undefined) break;
      state.applyOutcome({ ...each, ...ended, finished_at }, now, Math.random);
    }
    if (emissions.length === 0 && head >= running.length) throw new Error('nothing is left to be decided');
  }
  return { decisions: done, seconds: (performance.now() - began) / 1000 };
}

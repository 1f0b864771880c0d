import {
  type BenchmarkCell,
  type BenchmarkRun,
  benchmarkCells,
  benchmarkRequest,
  memoryNeeded,
  memoryOfMix,
  metricsOf,
  mixesOf,
  typeTask,
} from '../contracts/benchmark.ts';
import type { MatrixRow } from '../contracts/rows.ts';
import { variantOf } from '../contracts/series.ts';
import { AUTO, taskSpec } from '../contracts/task.ts';
import type { Device } from '../contracts/worker.ts';
import type { Client } from './client.ts';

/** A model that is not measured on a class of hardware, and why. */
export interface LeftOut {
  model: string;
  hardware: string | null;
  reason: string;
}

/** What the fleet lacks for a cell: the executor, it on that hardware, or memory. */
export interface NoWorker extends LeftOut {
  lacks: 'executor' | 'hardware' | 'memory';
  executor: BenchmarkCell['executor'];
}

export interface BenchmarkPlan {
  /** Null where nothing is left to measure. */
  request: ReturnType<typeof benchmarkRequest> | null;
  /** Cells that no worker there is now can take; left out unless the run waits for workers. */
  no_worker: NoWorker[];
  /** Cells that are fresh at every batch size. */
  fresh: LeftOut[];
}

/** What is known of the fleet and of earlier results. */
export interface PlanFacts {
  devices: readonly Device[];
  /** Newest values of model types, of all that the run measures (`metricsOf`). */
  measured: readonly MatrixRow[];
  now_ms: number;
}

const GONE = new Set(['left', 'lost', 'quarantined', 'draining']);

/** Reads what the fleet offers and what was measured, and plans the run with it. */
export async function planBenchmark(
  client: Pick<Client, 'query'>,
  run: BenchmarkRun,
  now: Date,
): Promise<BenchmarkPlan> {
  const [workers, measured] = await Promise.all([
    client.query('workers', {}),
    run.incremental ? readMeasured(client, run) : [],
  ]);
  const devices = workers.rows.flatMap(({ state, capabilities }) =>
    GONE.has(state) ? [] : (capabilities?.devices ?? []),
  );
  return planOf(run, { devices, measured, now_ms: now.getTime() });
}

async function readMeasured(client: Pick<Client, 'query'>, run: BenchmarkRun): Promise<MatrixRow[]> {
  const answers = metricsOf(run).map((metric) => client.query('matrix', { metric, limit: 10_000 }));
  return (await Promise.all(answers)).flatMap(({ rows }) => rows);
}

/** Which cells of a run can be taken, and which of them are to be measured. Pure. */
export function planOf(run: BenchmarkRun, { devices, measured, now_ms }: PlanFacts): BenchmarkPlan {
  const no_worker: NoWorker[] = [];
  const fresh: LeftOut[] = [];
  const cells: BenchmarkCell[] = [];
  for (const cell of benchmarkCells(run)) {
    const about = { model: cell.model, hardware: cell.hardware ?? null };
    const problem = placeProblem(cell, memoryNeeded(cell, run), devices);
    if (problem !== undefined) no_worker.push({ ...about, executor: cell.executor, ...problem });
    if (problem !== undefined && !run.wait_for_workers) continue;
    const missing = run.incremental ? missingSizes(cell, run, { devices, measured, now_ms }) : cell.batch_sizes;
    if (missing.length === 0)
      fresh.push({ ...about, reason: 'measured already on this hardware, with these packages' });
    else cells.push({ ...cell, batch_sizes: missing });
  }
  const mixes = mixesOf(run, cells).filter((mix) => {
    const problem = placeProblem({ ...mix, executor: 'torch' }, memoryOfMix(mix, run), devices);
    if (problem?.lacks !== 'memory') return true;
    const about = { model: `mix of ${mix.models.join(', ')}`, hardware: mix.hardware ?? null };
    no_worker.push({ ...about, executor: 'torch', ...problem });
    return run.wait_for_workers;
  });
  return { request: cells.length === 0 ? null : benchmarkRequest(run, cells, mixes), no_worker, fresh };
}

/** Why no device that is there takes it; undefined where one does. */
function placeProblem(
  { executor, hardware }: Pick<BenchmarkCell, 'executor' | 'hardware'>,
  needed: number | null,
  devices: readonly Device[],
): Pick<NoWorker, 'lacks' | 'reason'> | undefined {
  const offering = devices.filter(({ executors }) => executors.includes(executor));
  if (offering.length === 0) return { lacks: 'executor', reason: MISSING[executor] };
  const there = offering.filter((device) => hardware === undefined || device.class === hardware);
  if (there.length === 0)
    return { lacks: 'hardware', reason: `no worker offers the executor ${executor} on ${hardware}` };
  const most = Math.max(...there.map(({ memory_gb, environment }) => memory_gb ?? Number(environment.memory_gb ?? 0)));
  if (needed === null || most === 0 || most >= needed) return undefined;
  return { lacks: 'memory', reason: `it needs ${needed} GB of memory, and the largest device has ${most} GB` };
}

const MISSING = {
  torch:
    'no worker offers the executor torch: `bw runner install torch` on its machine adds it, then restart the worker',
  onnx: 'no worker offers the executor onnx',
} as const satisfies Record<BenchmarkCell['executor'], string>;

/**
 * Batch sizes that are not measured, or not lately, on a device that is there now. Installed packages are part of a device's
 * fingerprint, so a result of other packages does not count. Files are looked up by their worker, which knows their hash.
 */
function missingSizes(
  cell: BenchmarkCell,
  run: BenchmarkRun,
  { devices, measured, now_ms }: PlanFacts,
): BenchmarkCell['batch_sizes'] {
  const { batch_sizes } = cell;
  if (cell.executor !== 'torch') return batch_sizes;
  const task = taskSpec.parse({ task_id: 'x', ...typeTask(cell.model, [1], run) });
  const variant = variantOf(task);
  const precision = 'precision' in task.config ? task.config.precision : undefined;
  const now_there = new Set(
    devices
      .filter((device) => cell.hardware === undefined || device.class === cell.hardware)
      .map(({ fingerprint }) => fingerprint),
  );
  const oldest_ms = run.max_age_seconds === undefined ? 0 : now_ms - run.max_age_seconds * 1000;
  const fresh = measured.filter(
    (row) =>
      row.executor === 'torch' &&
      row.model === cell.model &&
      row.precision === precision &&
      row.variant === variant &&
      now_there.has(row.fingerprint) &&
      Date.parse(row.measured_at) >= oldest_ms,
  );
  const sizesWith = (metric: string) =>
    new Set(fresh.filter((row) => row.metric === metric).map(({ batch_size }) => batch_size));
  const [first, ...others] = metricsOf(run).map(sizesWith);
  const found = {
    // How a model starts has no batch size.
    has: (size: number) => first?.has(size) === true && others.every((each) => each.has(size) || each.has(null)),
  };
  // A search measures two sizes at least, unless the model takes one only.
  if (batch_sizes === AUTO) return found.has(1) && found.has(2) ? [] : AUTO;
  return batch_sizes.filter((size) => !found.has(size));
}

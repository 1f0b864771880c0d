import type { CompatibilityCell, CompatibilityState } from '../contracts/api/models.ts';
import type { HardwareClass } from '../contracts/hardware.ts';
import { HARDWARE_CLASSES } from '../contracts/hardware-classes.ts';
import { type CoveredExecutor, LAST_STAGE } from '../contracts/model-coverage.ts';
import type { CompatibilityRow, CoverageRow } from '../contracts/rows.ts';
import { coverageOf } from './model-types.ts';
import type { ListedModel } from './models.ts';
import { STAGES, type Stage } from './stages.ts';

/** What is known, from which the matrix is made. */
export interface CompatibilityFacts {
  models: readonly ListedModel[];
  /** Of real tasks. */
  rows: readonly CompatibilityRow[];
  /** Of the newest coverage run; what the repository has recorded takes its place where a model is not in it. */
  coverage: readonly CoverageRow[];
  /** Classes that get a cell where nobody tried: those that workers offer. */
  hardware: readonly HardwareClass[];
}

/** Filters; several values of one are alternatives. */
export interface CompatibilityFilter {
  search?: string | undefined;
  family?: readonly string[] | undefined;
  priority?: readonly string[] | undefined;
  hardware?: readonly string[] | undefined;
  executor?: readonly string[] | undefined;
  precision?: readonly string[] | undefined;
  state?: readonly CompatibilityState[] | undefined;
}

/** What a coverage run tries; catalogue files have one precision, which is theirs. */
const COVERED = { hardware: 'cpu', precision: 'fp32' } as const;

const keyOf = ({
  model,
  hardware,
  executor,
  precision,
}: Pick<CompatibilityCell, 'model' | 'hardware' | 'executor' | 'precision'>) =>
  JSON.stringify([model, hardware, executor, precision]);

/** The whole matrix, untested cells included: by model, hardware, executor and precision. Pure. */
export function compatibilityMatrix({ models, rows, coverage, hardware }: CompatibilityFacts): CompatibilityCell[] {
  const listed = new Map(models.map((each) => [each.model, each]));
  const cells = new Map<string, CompatibilityCell>();
  const add = (cell: CompatibilityCell): void => {
    const key = keyOf(cell);
    if (!cells.has(key)) cells.set(key, cell);
  };
  for (const row of rows) {
    const known = HARDWARE_CLASSES.find((each) => each === row.hardware);
    if (known !== undefined) add(ofOutcomes(row, known, listed.get(row.model)?.family ?? ''));
  }
  const covered = new Map(coverage.map((row) => [`${row.executor} ${row.model}`, row]));
  for (const model of models) {
    for (const each of ofCoverage(model, covered)) add(each);
    for (const place of hardware) {
      for (const executor of executorsOf(model)) add(untested(model, place, executor));
    }
  }
  return [...cells.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The executors that may run a model, by what the catalogue knows of its kind. */
const executorsOf = ({ kind }: ListedModel): CoveredExecutor[] => (kind === 'onnx_file' ? ['onnx'] : ['torch', 'onnx']);

const NOTHING = {
  ...{ error_class: null, stage: null, completed: 0, failed: 0, devices: 0, latency_ms: null, last_at: null },
  ...{
    throughput_items_per_second: null,
    memory_mb: null,
    batch_size: null,
    series_id: null,
    run_id: null,
    task_id: null,
  },
} as const;

function ofOutcomes(row: CompatibilityRow, hardware: HardwareClass, family: string): CompatibilityCell {
  const works = row.last_status === 'completed';
  const { model, executor, precision, completed, failed, devices, run_id, task_id, last_at } = row;
  const { latency_ms, throughput_items_per_second, memory_mb, batch_size } = row;
  return {
    ...{ model, family, hardware, executor, precision, source: 'outcomes', stage: null },
    ...{ state: works ? 'works' : 'fails', completed, failed, devices, run_id, task_id, last_at },
    reason: works ? null : row.error_message || row.error_class || row.last_status,
    error_class: works ? null : row.error_class,
    ...{ latency_ms, throughput_items_per_second, memory_mb, batch_size },
    series_id: row.series_id === '' ? null : row.series_id,
  };
}

function ofCoverage(
  { model, family, kind }: ListedModel,
  covered: ReadonlyMap<string, CoverageRow>,
): CompatibilityCell[] {
  if (kind === 'onnx_file') return [];
  const recorded = coverageOf(model);
  return (['torch', 'onnx'] as const).flatMap((executor) => {
    const row = covered.get(`${executor} ${model}`);
    const stage = row?.stage ?? recordedStage(executor, recorded);
    if (stage === undefined || stage === 'untested') return [];
    const works = at(stage) >= at(LAST_STAGE[executor]);
    const reason = (row === undefined ? recorded.reason : row.reason) || `it reaches the stage ${stage}`;
    return [
      {
        ...{ ...NOTHING, ...COVERED, model, family, executor, stage },
        ...{ source: 'coverage', state: works ? 'works' : 'fails', reason: works ? null : reason },
        ...{ last_at: row?.checked_at ?? null },
      },
    ];
  });
}

/** What the repository has recorded; ONNX Runtime only where the export was tried. */
function recordedStage(
  executor: CoveredExecutor,
  { stage, exported }: ReturnType<typeof coverageOf>,
): Stage | undefined {
  if (executor === 'onnx') return exported === true || at(stage) > at('forward') ? stage : undefined;
  return at(stage) > at('forward') ? 'forward' : stage;
}

const at = (stage: Stage): number => STAGES.indexOf(stage);

function untested(
  { model, family }: ListedModel,
  hardware: HardwareClass,
  executor: CoveredExecutor,
): CompatibilityCell {
  return {
    ...{ ...NOTHING, model, family, hardware, executor, precision: COVERED.precision },
    ...{ state: 'untested', source: 'none', reason: 'no task and no coverage run tried it' },
  };
}

/** Whether the filters but `state` let a cell through. Pure. */
export function fitsFilter(
  cell: CompatibilityCell,
  filter: CompatibilityFilter,
  priorityOf: (model: string) => string,
): boolean {
  const fits = (wanted: readonly string[] | undefined, has: string): boolean =>
    wanted === undefined || wanted.length === 0 || wanted.includes(has);
  return (
    fits(filter.family, cell.family) &&
    fits(filter.hardware, cell.hardware) &&
    fits(filter.executor, cell.executor) &&
    fits(filter.precision, cell.precision) &&
    (filter.priority === undefined ||
      filter.priority.length === 0 ||
      filter.priority.includes(priorityOf(cell.model))) &&
    cell.model.toLowerCase().includes((filter.search ?? '').toLowerCase())
  );
}

export interface CompatibilityAnswer {
  items: CompatibilityCell[];
  counts: Record<CompatibilityState, number>;
}

/** The cells that a filter lets through, and how many there are in each state. Untested ones only where they are asked for. Pure. */
export function compatibilityOf(facts: CompatibilityFacts, filter: CompatibilityFilter): CompatibilityAnswer {
  const priorities = new Map(facts.models.map(({ model, priority }) => [model, priority]));
  const fitting = compatibilityMatrix(facts).filter((cell) =>
    fitsFilter(cell, filter, (model) => priorities.get(model) ?? ''),
  );
  const wanted = filter.state === undefined || filter.state.length === 0 ? ['works', 'fails'] : filter.state;
  const counts = { works: 0, fails: 0, untested: 0 };
  for (const { state } of fitting) counts[state] += 1;
  return { items: fitting.filter(({ state }) => wanted.includes(state)), counts };
}

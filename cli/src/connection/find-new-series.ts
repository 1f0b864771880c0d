import type { Client } from '@benchwire/shared/client/client.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import type { QueryRow } from '@benchwire/shared/contracts/query.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { pointsOf } from '@benchwire/shared/contracts/series.ts';
import { modelInOneForm } from '@benchwire/shared/contracts/series-key.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { KeptOutcome } from '../progress/run-progress.ts';
import { configDifferences, type Difference, type NewSeries } from '../results/new-series.ts';

/** Tasks of a run that are looked at; a run of thousands is no one's single benchmark. */
const MAX_TASKS = 200;
/** Earlier runs whose requests and units are read. */
const MAX_RUNS = 5;

type Earlier = QueryRow<'earlier_series'>;

/**
 * Tasks of a run whose results begin a history, although tasks of the same name and benchmark have one: in what they
 * differ. Empty where nothing can be asked: that a run has been measured counts more than this.
 */
export async function findNewSeries(
  client: Client,
  run_id: string,
  outcomes: readonly KeptOutcome[],
  tasks: ReadonlyMap<string, Task>,
): Promise<NewSeries[]> {
  const completed = outcomes
    .filter(
      ({ status, fingerprint, simulation_status }) =>
        status === 'completed' && fingerprint !== null && !simulation_status.is_simulated,
    )
    .slice(0, MAX_TASKS);
  if (completed.length === 0) return [];
  try {
    const { rows } = await client.query('earlier_series', {
      run_id,
      benchmarks: [...new Set(completed.map(({ benchmark }) => benchmark))].slice(0, 100),
      task_ids: completed.map(({ task_id }) => task_id),
    });
    const readers = new EarlierRuns(client);
    const found = await Promise.all(completed.map((outcome) => compare(outcome, rows, tasks, readers)));
    return found.filter((each) => each !== undefined);
  } catch (error) {
    // An aggregator of before 0.4, or none that answers.
    if (error instanceof ClientError) return [];
    throw error;
  }
}

async function compare(
  outcome: KeptOutcome,
  rows: readonly Earlier[],
  tasks: ReadonlyMap<string, Task>,
  earlier: EarlierRuns,
): Promise<NewSeries | undefined> {
  const { task_id, benchmark, executor } = outcome;
  const own = rows.filter((row) => row.task_id === task_id && row.benchmark === benchmark && row.executor === executor);
  if (own.length === 0) return undefined;
  const same = own.find((row) => isSame(row, outcome));
  const nearest = same ?? own.find((row) => row.fingerprint === outcome.fingerprint) ?? own[0];
  if (nearest === undefined) return undefined;
  const differences =
    same === undefined
      ? await settingDifferences(outcome, nearest, tasks, earlier)
      : await unitDifferences(outcome, same, earlier);
  if (same !== undefined && differences.length === 0) return undefined;
  const earlier_attempts = own.reduce((sum, row) => sum + row.attempts, 0);
  return { task_id, earlier_run_id: nearest.run_id, earlier_attempts, differences };
}

function isSame(row: Earlier, outcome: KeptOutcome): boolean {
  return (
    modelInOneForm(row.model) === modelInOneForm(outcome.model ?? '') &&
    row.precision === (outcome.precision ?? '') &&
    row.scenario === (outcome.scenario ?? '') &&
    row.variant === outcome.variant &&
    row.fingerprint === outcome.fingerprint
  );
}

async function settingDifferences(
  outcome: KeptOutcome,
  before: Earlier,
  tasks: ReadonlyMap<string, Task>,
  earlier: EarlierRuns,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const field of ['model', 'precision', 'scenario'] as const) {
    const [from, to] = [before[field], outcome[field] ?? ''];
    if (from !== to) differences.push({ field, from: from || 'nothing', to: to || 'nothing', is_config: false });
  }
  if (before.variant !== outcome.variant) {
    const [old, now] = [await earlier.task(before.run_id, outcome.task_id), tasks.get(outcome.task_id)];
    if (old !== undefined && now !== undefined) differences.push(...configDifferences(old, now, outcome.source));
  }
  if (before.fingerprint !== outcome.fingerprint) {
    const field = 'the hardware or its environment (fingerprint)';
    differences.push({ field, from: before.fingerprint, to: outcome.fingerprint ?? '', is_config: false });
  }
  return differences;
}

/** Metrics that have the name of an earlier one, in a unit that does not convert into its. */
async function unitDifferences(outcome: KeptOutcome, before: Earlier, earlier: EarlierRuns): Promise<Difference[]> {
  const points = pointsOf({ ...outcome, logs: null }).filter(({ key }) => key.batch_size === null);
  if (points.length === 0) return [];
  const rows = (await earlier.results(before.run_id)).filter(({ task_id }) => task_id === outcome.task_id);
  const known = new Set(rows.map(({ series_id }) => series_id));
  return points.flatMap(({ series_id, key, unit, printed }) => {
    const old = known.has(series_id) ? undefined : rows.find(({ metric }) => metric === key.metric);
    if (old === undefined) return [];
    const words = (text: string | null): string => (text === null || text === '' ? 'none' : text);
    const from = words(old.printed_unit || old.unit);
    return [{ field: `the unit of ${key.metric}`, from, to: words(printed?.unit ?? unit), is_config: false }];
  });
}

/** What earlier runs asked for and measured, each read once and only a few. */
class EarlierRuns {
  readonly #client: Client;
  readonly #tasks = new Map<string, Promise<ReadonlyMap<string, Task>>>();
  readonly #results = new Map<string, Promise<Array<QueryRow<'results'>>>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Undefined where its request was not kept. */
  async task(run_id: string, task_id: string): Promise<Task | undefined> {
    let found = this.#tasks.get(run_id);
    if (found === undefined) {
      if (this.#tasks.size >= MAX_RUNS) return undefined;
      found = this.#expand(run_id);
      this.#tasks.set(run_id, found);
    }
    return (await found).get(task_id);
  }

  async results(run_id: string): Promise<Array<QueryRow<'results'>>> {
    let found = this.#results.get(run_id);
    if (found === undefined) {
      if (this.#results.size >= MAX_RUNS) return [];
      found = this.#client.query('results', { run_id }).then(({ rows }) => rows);
      this.#results.set(run_id, found);
    }
    return await found;
  }

  async #expand(run_id: string): Promise<ReadonlyMap<string, Task>> {
    const [row] = (await this.#client.query('request', { run_id })).rows;
    if (row === undefined || row.request === '') return new Map();
    const parsed = request.safeParse(JSON.parse(row.request));
    const expanded = parsed.success ? expand(parsed.data) : undefined;
    return new Map(expanded?.ok === true ? expanded.tasks.map((task) => [task.task_id, task]) : []);
  }
}

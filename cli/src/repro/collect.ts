import type { Client } from '@benchwire/shared/client/client.ts';
import { requestOfRun } from '@benchwire/shared/client/stored-request.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { makerOf } from '@benchwire/shared/contracts/model-artifact.ts';
import { PROVENANCE_FACTS } from '@benchwire/shared/contracts/provenance.ts';
import { request as requestSchema } from '@benchwire/shared/contracts/request.ts';
import type { RequestFile } from '@benchwire/shared/contracts/request-file.ts';
import type { OutcomeRow, ResultRow, SamplesRow } from '@benchwire/shared/contracts/rows.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { againTogether } from '@benchwire/shared/contracts/task-of-run.ts';
import { take } from '../connection/take.ts';
import { NotFoundError } from '../errors.ts';

/** Of one metric of the task; more are thinned to means by the aggregator. */
const MAX_SAMPLES = 5000;
const MAX_HISTORY_POINTS = 1000;

/** What is measured again. */
export interface ReproSubject {
  run_id: string;
  task_id: string;
  /** Where a finding was named. */
  finding: Finding | null;
}

/** Everything of an archive but the files themselves. */
export interface Repro {
  subject: ReproSubject;
  /** The request of the task and of those that make its model; null where it was not kept. */
  request: Record<string, unknown> | null;
  files: readonly RequestFile[];
  /** Of each attempt, the last one is what counts. */
  outcomes: readonly OutcomeRow[];
  results: readonly ResultRow[];
  samples: readonly SamplesRow[];
  /** Of the finding's series, oldest first. */
  history: readonly ResultRow[];
  /** Facts of the last attempt's environment that say what was measured, by name. */
  measured: Readonly<Record<string, unknown>>;
  /** What the archive does not have, with the reason. */
  missing: string[];
}

/** Reads it from the stack. @throws NotFoundError where the task has not ended */
export async function collectRepro(client: Client, subject: ReproSubject): Promise<Repro> {
  const { run_id, task_id, finding } = subject;
  const missing: string[] = [];
  const [request, outcomes, results, { rows: samples }, history] = await Promise.all([
    requestOf(client, subject, missing),
    outcomesOf(client, run_id, task_id),
    take(client.rows('results', { run_id, after_task_id: '', with_all_kinds: true }), 1_000_000),
    client.query('samples', { run_id, task_id, max_points: MAX_SAMPLES, limit: 1000 }),
    finding === null
      ? []
      : (await client.query('points', { series_id: finding.series_id, limit: MAX_HISTORY_POINTS })).rows,
  ]);
  const last = outcomes.at(-1);
  if (last === undefined)
    throw new NotFoundError(`task ${task_id} of run ${run_id} has not ended: there is nothing to measure again.`);
  noteMissing({ last, samples, history, missing, finding });
  const measured = Object.fromEntries(Object.entries(last.environment).filter(([name]) => PROVENANCE_FACTS.has(name)));
  return {
    ...{ subject, outcomes, samples, history, measured, missing },
    request: request?.request ?? null,
    files: request?.files ?? [],
    results: results.rows.filter((row) => row.task_id === task_id),
  };
}

async function outcomesOf(client: Client, run_id: string, task_id: string): Promise<OutcomeRow[]> {
  const { rows: attempts } = await client.query('attempts', { run_id, task_id });
  const found: OutcomeRow[] = [];
  for (const { attempt } of attempts)
    found.push(...(await client.query('outcomes', { run_id, task_id, attempt })).rows);
  return found;
}

async function requestOf(
  client: Client,
  { run_id, task_id }: ReproSubject,
  missing: string[],
): Promise<{ request: Record<string, unknown>; files: readonly RequestFile[] } | null> {
  const found = await requestOfRun(client.nats, run_id);
  const leftOut = (why: string): null => {
    missing.push(`request.json: ${why} Write a request from outcomes.json to measure it again.`);
    return null;
  };
  if (!found.ok) return leftOut(found.reason);
  const parsed = requestSchema.safeParse(found.request);
  const expansion = parsed.success ? expand(parsed.data) : undefined;
  if (expansion?.ok !== true) return leftOut('the request is of another version of Benchwire and cannot be read here.');
  const tasks = new Map(expansion.tasks.map((task) => [task.task_id, task]));
  const { rows } = await client.query('tasks', { run_id, task_id, limit: 1 });
  const again = againTogether(tasks, withMakers(tasks, { task_id, pool: rows[0]?.pool ?? null }));
  if (again.tasks.length === 0)
    return leftOut(`the stored request of run ${run_id} does not have the task ${task_id}.`);
  const { matrix: _, matrix_exclude: __, files: ___, tags, ...request } = found.request;
  const files = again.files ?? [];
  return {
    request: { ...request, tags: { ...tags, repro_of: `${run_id}/${task_id}` }, tasks: again.tasks },
    files,
  };
}

/** The task, behind those that make its model. */
function withMakers(tasks: ReadonlyMap<string, Task>, row: { task_id: string; pool: string | null }) {
  const makers: string[] = [];
  let task = tasks.get(row.task_id);
  while (task !== undefined) {
    const maker = makerOf(modelOf(task));
    if (maker === undefined || makers.includes(maker)) break;
    makers.unshift(maker);
    task = tasks.get(maker);
  }
  return [...makers.map((task_id) => ({ task_id, pool: null })), row];
}

function modelOf({ config }: Task): string | undefined {
  return 'model' in config && typeof config.model === 'string' ? config.model : undefined;
}

interface Found {
  last: OutcomeRow;
  samples: readonly SamplesRow[];
  history: readonly ResultRow[];
  finding: Finding | null;
  missing: string[];
}

/** What the stack does not have, or has only in part. */
function noteMissing({ last, samples, history, finding, missing }: Found): void {
  if (last.status !== 'completed')
    missing.push(
      `results: the last attempt ended as ${last.status} (${last.error?.message ?? 'without an error'}), so there is no value to compare with.`,
    );
  if (samples.length === 0)
    missing.push('samples.json: the stack has no raw points of this task: it reported none, or they have expired.');
  for (const { metric, values } of samples)
    if (values.length >= MAX_SAMPLES)
      missing.push(`samples.json: ${metric} may be thinned to means of neighbouring points, at most ${MAX_SAMPLES}.`);
  if (finding !== null && history.length === 0) missing.push('history.json: the series has no points any more.');
  for (const [name, reason] of Object.entries(last.environment))
    if (name.endsWith('_unavailable'))
      missing.push(`hashes: ${name.replace(/_unavailable$/, '')} is not known: ${reason}.`);
  if (last.executor === 'command')
    missing.push(
      `files/: the program and the files among its arguments are on the worker ${last.worker_id ?? ''} and not in the stack. hashes.json has their SHA-256; a worker that measures again needs the same at the same paths.`,
    );
  if (last.executor === 'imported')
    missing.push('measure-again.mjs cannot run this: another tool measured it, and Benchwire has its results only.');
}

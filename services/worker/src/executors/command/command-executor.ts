import { join } from 'node:path';
import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { MetricRule } from '@benchwire/shared/contracts/metric-catalogue.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { CommandConfig } from '@benchwire/shared/contracts/task.ts';
import type { TestResults } from '@benchwire/shared/contracts/test-results.ts';
import { emptyReport } from '../../decide/build-outcome.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import type { Allowlist } from './allowlist.ts';
import { CHECKPOINT_NAME, CheckpointFile } from './checkpoint-file.ts';
import { type Checked, checkFolder, checkHidden, programFile } from './command-paths.ts';
import type { Confinement } from './confinement.ts';
import { commandEnvironment } from './environment.ts';
import { createHomeFolder, removeHomeFolder } from './home-folder.ts';
import type { ProgramOutput } from './output.ts';
import { fillPlaceholders } from './placeholders.ts';
import { prepare } from './prepare.ts';
import { ownerId } from './processes.ts';
import type { Provenance, ProvenanceReader } from './provenance/provenance.ts';
import { judgeTests } from './tests/judge-tests.ts';
import type { TreeLimits } from './tree-watch.ts';
import { type Surroundings, stopped, type WatchedEnd, watchProgram } from './watch-program.ts';

export interface CommandExecutorOptions {
  allowlist: Allowlist;
  /** The worker's own PATH and LANG. */
  path: string;
  lang: string | undefined;
  /** All of the worker's own variables; of these only those that choose devices reach a program. */
  own_env: Readonly<Record<string, string | undefined>>;
  /** WORKER_COMMAND_ENV. */
  env: Readonly<Record<string, string>>;
  /** WORKER_COMMAND_ENV_ALLOW, with what `default` stands for. */
  env_allow: readonly string[];
  confinement: Confinement;
  provenance: ProvenanceReader;
  /** Of everything that one task runs; a task can only set a lower memory. */
  limits: TreeLimits;
  max_output_bytes: number;
  /** What the stack says about metrics, for programs and tasks that do not. */
  metric_rules: () => Promise<readonly MetricRule[]>;
  grace_ms: number;
  /** Keeps an unreadable metric line in REJECTED. */
  reject: (attempt_id: string, raw: string, issues: readonly Issue[], number: number) => Promise<void>;
}

/** Runs any allowed program, without a shell; its JSON lines are metric points and its exit code decides. */
export function createCommandExecutor(options: CommandExecutorOptions): Executor<'command'> {
  const owner = ownerId(process.pid);
  return {
    name: 'command',
    inspect: (config) => inspectCommand(config, options),
    execute: async (context) => {
      const filled = fillPlaceholders(context);
      if (!filled.ok) return emptyReport(filled.error);
      const home = await createHomeFolder(owner, options.confinement.user);
      try {
        const task = { ...context.task, config: filled.config };
        return await runCommand({ ...context, task }, options, home, owner);
      } finally {
        await removeHomeFolder(home);
      }
    },
  };
}

/** A folder that a task gets for itself is new: nothing of it can be named now. */
const NO_FOLDER = '/nonexistent';

async function inspectCommand(
  config: CommandConfig,
  options: CommandExecutorOptions,
): Promise<Environment | undefined> {
  const [program = '', ...args] = config.command;
  const found = await programFile(program, options);
  if (!found.ok) return undefined;
  const working_directory = config.working_directory ?? NO_FOLDER;
  if ((await checkHidden([working_directory, found.value], options.confinement)) !== null) return undefined;
  const to_run = { file: found.value, is_path: program.includes('/'), args, working_directory, source: null };
  const end = await options.provenance.begin(to_run, AbortSignal.timeout(INSPECT_MS));
  return (await end()).environment;
}

/** Before a program's start a file may have been written at the earliest, by its own times. */
const FILE_TIME_MS = 2000;
/** Hashing takes so long at most when somebody only asks. */
const INSPECT_MS = 2500;

const NO_METRIC =
  'no metric was reported: the program printed no line like {"metric": "tokens_per_second", "value": 41.3} on standard output';

interface Run {
  context: ExecutorContext<'command'>;
  options: CommandExecutorOptions;
  surroundings: Surroundings;
}

async function runCommand(
  context: ExecutorContext<'command'>,
  options: CommandExecutorOptions,
  home: string,
  owner: string,
): Promise<ExecutorReport> {
  const { config } = context.task;
  const surroundings = await surroundingsOf(context, options, home, owner);
  if (!surroundings.ok) return reportOf(config, { error: surroundings.error });
  const run = { context, options, surroundings: surroundings.value };
  const unprepared = await runPrepare(run);
  if (unprepared !== null) return reportOf(config, { error: unprepared });
  // What is started may have been put there by `prepare`.
  const found = await programFile(config.command[0] ?? '', options);
  if (!found.ok) return reportOf(config, { error: found.error });
  const hidden = await checkHidden([found.value], options.confinement);
  if (hidden !== null) return reportOf(config, { error: hidden });
  return await runProgram(run, found.value);
}

/** Where the task's programs run, and with what; an error where that is not allowed or not there. */
async function surroundingsOf(
  context: ExecutorContext<'command'>,
  options: CommandExecutorOptions,
  home: string,
  owner: string,
): Promise<Checked<Surroundings>> {
  const { config } = context.task;
  const { confinement, grace_ms } = options;
  const working_directory = config.working_directory ?? home;
  const wrongFolder = (await checkFolder(working_directory)) ?? (await checkHidden([working_directory], confinement));
  if (wrongFolder !== null) return { ok: false, error: wrongFolder };
  const attempt_id = attemptId({ run_id: context.run_id, task_id: context.task.task_id, attempt: context.attempt });
  const environment = commandEnvironment({
    device: context.device,
    home,
    path: options.path,
    lang: options.lang,
    own: options.own_env,
    operator: options.env,
    task: config.env ?? {},
    env_allow: options.env_allow,
    allow_any: options.allowlist.any,
    attempt_id,
    checkpoint: join(home, CHECKPOINT_NAME),
  });
  if (!environment.ok) return environment;
  const limits = {
    ...options.limits,
    max_memory_mb: Math.min(config.max_memory_mb ?? Infinity, options.limits.max_memory_mb),
  };
  const { env } = environment;
  return { ok: true, value: { working_directory, env, attempt_id, owner, home, confinement, grace_ms, limits } };
}

/** Runs the task's `prepare`, where it has one. Gives back why the program itself cannot run. */
async function runPrepare({ context, options, surroundings }: Run): Promise<TaskError | null> {
  const { log, signal, task } = context;
  if (task.config.prepare === undefined) return null;
  const [name = '', ...args] = task.config.prepare;
  const found = await programFile(name, options);
  if (!found.ok) return found.error;
  const { max_output_bytes } = options;
  return await prepare({ ...surroundings, file: found.value, args, name, log, max_output_bytes, signal });
}

/** Starts the program, waits for its end, and judges it. */
async function runProgram(run: Run, file: string): Promise<ExecutorReport> {
  const { context, options, surroundings } = run;
  const { source, signal, checkpoints, task } = context;
  const { home, working_directory } = surroundings;
  const [program = '', ...args] = task.config.command;
  const { max_output_bytes, reject } = options;
  const metric_rules = await options.metric_rules();
  const watched = watchProgram({ context, surroundings, file, metric_rules, max_output_bytes, reject });
  if (signal.aborted) return reportOf(task.config, { error: stopped() });
  const { user } = options.confinement;
  const checkpoint = await CheckpointFile.start(join(home, CHECKPOINT_NAME), task.config, checkpoints, user);
  const to_run = { file, is_path: program.includes('/'), args, working_directory, source };
  const endProvenance = await options.provenance.begin(to_run, signal);
  // The times of files may be coarser than the clock.
  const since_ms = Date.now() - FILE_TIME_MS;
  const ended = await watched.run();
  const notes = await checkpoint.stop();
  const judged = await judge(run, ended, since_ms);
  notes.push(...judged.notes);
  const { output } = watched;
  if (judged.error === null && task.type === 'benchmark' && !output.hasMetrics) notes.push(NO_METRIC);
  if (ended.left_over && !ended.was_stopped) notes.push('processes that the program left running were ended');
  const provenance = await endProvenance();
  const report = reportOf(task.config, { error: judged.error, output, notes, tests: judged.tests, provenance });
  return { ...report, did_only_a_part: checkpoint.wentOn };
}

interface Judged {
  error: TaskError | null;
  notes: readonly string[];
  tests: TestResults | undefined;
}

/** A test's reports can excuse its exit code, and the other way round; a benchmark is what its end says. */
async function judge({ context, options, surroundings }: Run, ended: WatchedEnd, since_ms: number): Promise<Judged> {
  const { type, config, retry_policy } = context.task;
  const { error } = ended;
  if (type !== 'test' || !ended.was_started) return { error, notes: [], tests: undefined };
  const { working_directory, home } = surroundings;
  return await judgeTests({
    ...{ config, error, working_directory, home, hidden: options.confinement.hidden, since_ms },
    exited: ended.has_exited,
    may_retry: retry_policy?.retry_failed_tests === true,
  });
}

interface ReportOptions {
  error: TaskError | null;
  output?: ProgramOutput;
  notes?: readonly string[];
  tests?: TestResults | undefined;
  provenance?: Provenance;
}

function reportOf(
  config: CommandConfig,
  { error, output, notes = [], tests, provenance }: ReportOptions,
): ExecutorReport {
  const metrics = output?.summary.results();
  const all = [...(output?.notes() ?? []), ...notes];
  const value_notes = [...(provenance?.notes ?? []), ...(output?.summary.valueNotes() ?? [])];
  return {
    error,
    results: {
      ...(metrics === undefined ? {} : { metrics }),
      ...(all.length === 0 ? {} : { notes: all }),
      ...(value_notes.length === 0 ? {} : { value_notes }),
      ...(tests === undefined ? {} : { tests }),
    },
    environment: provenance?.environment ?? {},
    precision: config.precision ?? null,
    scenario: null,
    is_simulated: false,
  };
}

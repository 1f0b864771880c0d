import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { MetricRule } from '@benchwire/shared/contracts/metric-catalogue.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { TestResults } from '@benchwire/shared/contracts/test-results.ts';
import { emptyReport } from '../../decide/build-outcome.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../executor.ts';
import { kernelOomKills } from '../onnx/child-exit.ts';
import { type Allowlist, findProgram } from './allowlist.ts';
import { CHECKPOINT_NAME, CheckpointFile } from './checkpoint-file.ts';
import { type Confinement, isInside } from './confinement.ts';
import { commandEnvironment } from './environment.ts';
import { exitError } from './exit-error.ts';
import { createHomeFolder, removeHomeFolder } from './home-folder.ts';
import { limitError } from './limit-error.ts';
import { ProgramOutput } from './output.ts';
import { fillPlaceholders } from './placeholders.ts';
import { prepare } from './prepare.ts';
import { ownerId } from './processes.ts';
import { Program, type ProgramEnd } from './program.ts';
import type { Provenance, ProvenanceReader } from './provenance/provenance.ts';
import { judgeTests } from './tests/judge-tests.ts';
import type { TreeLimits } from './tree-watch.ts';

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

/** Before a program's start a file may have been written at the earliest, by its own times. */
const FILE_TIME_MS = 2000;

const NO_METRIC =
  'no metric was reported: the program printed no line like {"metric": "tokens_per_second", "value": 41.3} on standard output';

async function runCommand(
  context: ExecutorContext<'command'>,
  options: CommandExecutorOptions,
  home: string,
  owner: string,
): Promise<ExecutorReport> {
  const { type, config, metrics: facts, retry_policy } = context.task;
  const report = (
    error: TaskError | null,
    output?: ProgramOutput,
    notes: string[] = [],
    tests?: TestResults,
    provenance?: Provenance,
  ): ExecutorReport => {
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
  };

  const working_directory = config.working_directory ?? home;
  const wrongFolder = (await checkFolder(working_directory)) ?? (await checkHidden([working_directory], options));
  if (wrongFolder !== null) return report(wrongFolder);
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
  if (!environment.ok) return report(environment.error);
  const { confinement, grace_ms, max_output_bytes } = options;
  const limits = {
    ...options.limits,
    max_memory_mb: Math.min(config.max_memory_mb ?? Infinity, options.limits.max_memory_mb),
  };
  const surroundings = {
    ...{ working_directory, env: environment.env, attempt_id, owner, home },
    ...{ confinement, grace_ms, limits },
  };
  if (config.prepare !== undefined) {
    const [name = '', ...args] = config.prepare;
    const found = await programFile(name, options);
    if (!found.ok) return report(found.error);
    const { log, signal } = context;
    const error = await prepare({ ...surroundings, file: found.file, args, name, log, max_output_bytes, signal });
    if (error !== null) return report(error);
  }
  // What is started may have been put there by `prepare`.
  const [program = '', ...args] = config.command;
  const found = await programFile(program, options);
  if (!found.ok) return report(found.error);
  const hidden = await checkHidden([found.file], options);
  if (hidden !== null) return report(hidden);

  let failure: TaskError | undefined;
  const fail = (error: TaskError): void => {
    failure ??= error;
    running.stop();
  };
  const output = new ProgramOutput({
    context,
    max_bytes: max_output_bytes,
    metrics: facts,
    rules: await options.metric_rules(),
    looks_at_text: type === 'benchmark',
    reject: (raw, issues, number) => options.reject(attempt_id, raw, issues, number),
    onFailure: fail,
  });
  const running = new Program({
    ...surroundings,
    file: found.file,
    args,
    onOutput: (stream, chunk) => output.take(stream, chunk),
    onLimit: (kind, used) => {
      failure ??= limitError(program, kind, used, limits);
    },
  });
  const onAbort = (): void => fail(taskError('cancelled', 'STOPPED', 'was told to stop', true));
  context.signal.addEventListener('abort', onAbort, { once: true });
  if (context.signal.aborted) return report(taskError('cancelled', 'STOPPED', 'was told to stop', true));
  const checkpoint = await CheckpointFile.start(
    join(home, CHECKPOINT_NAME),
    config,
    context.checkpoints,
    confinement.user,
  );
  const { source } = context;
  const endProvenance = await options.provenance.begin(
    { file: found.file, is_path: program.includes('/'), args, working_directory, source },
    context.signal,
  );
  // The times of files may be coarser than the clock.
  const started_ms = Date.now() - FILE_TIME_MS;
  const oomKillsBefore = await kernelOomKills();
  const end = await running.run();
  context.signal.removeEventListener('abort', onAbort);
  const kernel_out_of_memory = (await kernelOomKills()) !== oomKillsBefore;
  const ended = failure ?? endError(end, program, kernel_out_of_memory, output.lastErrorLine);
  const notes = await checkpoint.stop();
  const judged =
    type === 'test' && end.start_error === undefined
      ? await judgeTests({
          ...{ config, error: ended, working_directory, home, hidden: confinement.hidden, since_ms: started_ms },
          exited: failure === undefined && end.code !== null,
          may_retry: retry_policy?.retry_failed_tests === true,
        })
      : { error: ended, notes: [], tests: undefined };
  const { error } = judged;
  notes.push(...judged.notes);
  if (error === null && type === 'benchmark' && !output.hasMetrics) notes.push(NO_METRIC);
  if (end.left_over && failure === undefined) notes.push('processes that the program left running were ended');
  const provenance = await endProvenance();
  return { ...report(error, output, notes, judged.tests, provenance), did_only_a_part: checkpoint.wentOn };
}

function endError(
  end: ProgramEnd,
  program: string,
  kernel_out_of_memory: boolean,
  last_line: string,
): TaskError | null {
  const { start_error } = end;
  if (start_error === undefined) return exitError({ ...end, program, kernel_out_of_memory, last_line });
  const { code, message: reason } = start_error;
  const message = `${program} could not be started: ${reason}`;
  // Too many processes or too little memory pass; a wrong file format or an argument list that is too long stays.
  if (code === 'ENOMEM') return taskError('out_of_memory', 'COMMAND_NOT_STARTED', message, true);
  if (code === 'EAGAIN' || code === 'EMFILE') return taskError('unknown', 'COMMAND_NOT_STARTED', message, true);
  return taskError('bad_input', code === 'ENOENT' ? 'COMMAND_NOT_FOUND' : 'COMMAND_NOT_STARTED', message, false);
}

async function programFile(
  program: string,
  options: CommandExecutorOptions,
): Promise<{ ok: true; file: string } | { ok: false; error: TaskError }> {
  const { allowlist, path } = options;
  const allowed = allowlist.programs.get(program);
  if (allowed !== undefined) return { ok: true, file: allowed };
  if (!allowlist.any) {
    const names = [...allowlist.programs.keys()].join(', ') || 'none';
    const message = `this worker does not allow the program "${program}", only: ${names}; add it to WORKER_COMMANDS on the worker`;
    return { ok: false, error: taskError('bad_input', 'COMMAND_NOT_ALLOWED', message, false) };
  }
  const file = await findProgram(program, path);
  if (file !== undefined) return { ok: true, file };
  const message = program.includes('/')
    ? `there is no executable file "${program}" on the worker (paths have to be absolute)`
    : `there is no program "${program}" in the worker's PATH, ${path}`;
  return { ok: false, error: taskError('bad_input', 'COMMAND_NOT_FOUND', message, false) };
}

async function checkFolder(folder: string): Promise<TaskError | null> {
  const is_folder = isAbsolute(folder) && (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  if (is_folder) return null;
  const message = `config.working_directory "${folder}" is no absolute path of a folder on the worker`;
  return taskError('bad_input', 'WORKING_DIRECTORY_MISSING', message, false);
}

/** What is hidden from programs can't be what they are, or where they run. */
async function checkHidden(
  paths: readonly string[],
  { confinement }: CommandExecutorOptions,
): Promise<TaskError | null> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => path);
    const folder = confinement.hidden.find((each) => isInside(real, each));
    if (folder === undefined) continue;
    const message = `${path} lies in ${folder}, which this worker hides from the programs of tasks (WORKER_COMMAND_HIDE): put it elsewhere`;
    return taskError('bad_input', 'PATH_HIDDEN', message, false);
  }
  return null;
}

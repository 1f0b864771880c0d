import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { MetricRule } from '@benchwire/shared/contracts/metric-catalogue.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { ExecutorContext } from '../executor.ts';
import { kernelOomKills } from '../onnx/child-exit.ts';
import { exitError } from './exit-error.ts';
import { limitError } from './limit-error.ts';
import { ProgramOutput } from './output.ts';
import { Program, type ProgramEnd, type ProgramOptions } from './program.ts';

/** What all programs of one task have in common. */
export type Surroundings = Omit<ProgramOptions, 'file' | 'args' | 'onOutput' | 'onLimit'>;

export interface WatchOptions {
  context: ExecutorContext<'command'>;
  surroundings: Surroundings;
  file: string;
  /** What the stack says about metrics. */
  metric_rules: readonly MetricRule[];
  max_output_bytes: number;
  /** Keeps an unreadable metric line in REJECTED. */
  reject: (attempt_id: string, raw: string, issues: readonly Issue[], number: number) => Promise<void>;
}

/** How a program has ended, in the terms of its task. */
export interface WatchedEnd {
  error: TaskError | null;
  was_started: boolean;
  /** It broke a limit, or its attempt was aborted. */
  was_stopped: boolean;
  /** It has ended by itself, with a code. */
  has_exited: boolean;
  /** Processes that outlived the program and had to be ended. */
  left_over: boolean;
}

export interface WatchedProgram {
  output: ProgramOutput;
  run(): Promise<WatchedEnd>;
}

/** The task's program with all that may end it: itself, a limit, what it prints, and an abort of the attempt. */
export function watchProgram(options: WatchOptions): WatchedProgram {
  const { context, surroundings, file } = options;
  const { config, metrics, type } = context.task;
  const [program = '', ...args] = config.command;
  let failure: TaskError | undefined;
  const fail = (error: TaskError): void => {
    failure ??= error;
    running.stop();
  };
  const output = new ProgramOutput({
    context,
    max_bytes: options.max_output_bytes,
    metrics,
    rules: options.metric_rules,
    looks_at_text: type === 'benchmark',
    reject: (raw, issues, number) => options.reject(surroundings.attempt_id, raw, issues, number),
    onFailure: fail,
  });
  const running = new Program({
    ...surroundings,
    file,
    args,
    onOutput: (stream, chunk) => output.take(stream, chunk),
    onLimit: (kind, used) => {
      failure ??= limitError(program, kind, used, surroundings.limits);
    },
  });
  const onAbort = (): void => fail(stopped());
  context.signal.addEventListener('abort', onAbort, { once: true });
  const run = async (): Promise<WatchedEnd> => {
    const oomKillsBefore = await kernelOomKills();
    const end = await running.run();
    context.signal.removeEventListener('abort', onAbort);
    const kernel_out_of_memory = (await kernelOomKills()) !== oomKillsBefore;
    return {
      error: failure ?? endError(end, program, kernel_out_of_memory, output.lastErrorLine),
      was_started: end.start_error === undefined,
      was_stopped: failure !== undefined,
      has_exited: failure === undefined && end.code !== null,
      left_over: end.left_over,
    };
  };
  return { output, run };
}

/** The error of an attempt that was aborted. */
export function stopped(): TaskError {
  return taskError('cancelled', 'STOPPED', 'was stopped', true);
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

import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { type Confinement, sendEnvironment, TOOL_PATH } from './confinement.ts';
import { type HelperReport, readHelperReport } from './helper-report.ts';
import {
  ATTEMPT_VARIABLE,
  killAll,
  mountNamespace,
  OWNER_VARIABLE,
  processesInNamespace,
  processesOfAttempt,
  processTree,
  signalGroup,
} from './processes.ts';
import { type LimitKind, type TreeLimits, TreeWatch } from './tree-watch.ts';

/** For pipes that a process outside of the group still holds open after everything known has ended. */
const PIPES_MS = 1000;
/** Until a helper that was told to kill everything has done so; then it is killed, and what it held is looked for. */
const HELPER_MS = 3000;
const REPEAT_MS = 100;
/** The launcher is through with its work within milliseconds, on a busy machine within seconds. */
const NAMESPACE_LOOK_MS = 25;
const NAMESPACE_LOOKS = 200;
/** Looks for processes that got away; each kills what it finds. */
const SWEEPS = 50;

export interface ProgramOptions {
  file: string;
  args: readonly string[];
  working_directory: string;
  env: Record<string, string>;
  attempt_id: string;
  owner: string;
  home: string;
  confinement: Confinement;
  grace_ms: number;
  limits: TreeLimits;
  /** A chunk of output; the stream is read on when it has resolved. Undefined at the end of the stream. */
  onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer | undefined) => Promise<void>;
  /** The program and what it started use more than they may; they are being ended. */
  onLimit: (kind: LimitKind, used: number) => void;
}

export interface ProgramEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The program could not be started at all. */
  start_error: NodeJS.ErrnoException | undefined;
  /** Processes that outlived the program and had to be ended. */
  left_over: boolean;
}

/**
 * One program with everything that it starts, held together by keep-together.pl where that works, and in a process group of its
 * own. When `run` has settled, no process of it is left.
 */
export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #report: HelperReport | undefined;
  #watch: TreeWatch | undefined;
  #namespace: string | undefined;
  #kill: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  async run(): Promise<ProgramEnd> {
    let child: ChildProcess;
    try {
      child = this.#spawn();
    } catch (error) {
      // Such as a null byte in an argument.
      return { code: null, signal: null, start_error: error as NodeJS.ErrnoException, left_over: false };
    }
    this.#child = child;
    if (this.#stopping) this.stop();
    const streams = Promise.all([this.#read(child.stdout, 'stdout'), this.#read(child.stderr, 'stderr')]);
    this.#startWatch(child.pid);
    const exit = await exitOf(child);
    this.#watch?.stop();
    const said = await this.#report?.finished;
    const left_over = (await this.#endTheRest(child.pid, said?.ended !== undefined)) || (said?.ended?.left ?? 0) > 0;
    clearTimeout(this.#kill);
    const read = new AbortController();
    void streams.finally(() => read.abort());
    // What is still in the pipes may take its time to be handled; what nobody writes any more may not.
    await Promise.race([streams, this.#untilPipesAreIdle(child, read.signal)]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await streams;
    return {
      ...exit,
      ...(said?.ended === undefined ? {} : { code: said.ended.code, signal: said.ended.signal }),
      left_over,
    };
  }

  /** Ends all of it: SIGTERM, and SIGKILL after the grace. Idempotent. */
  stop(): void {
    this.#stopping = true;
    const pid = this.#child?.pid;
    if (pid === undefined || this.#kill !== undefined) return;
    signalGroup(pid, 'SIGTERM');
    this.#kill = setTimeout(() => this.#killNow(), this.#options.grace_ms);
  }

  #spawn(): ChildProcess {
    const { file, args, working_directory: cwd, env, confinement, attempt_id, owner, grace_ms } = this.#options;
    const wrapped = confinement.wrap([file, ...args], grace_ms);
    if (wrapped === undefined) {
      return spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    }
    const broken = Object.keys(env).find((name) => env[name]?.includes('\0'));
    if (broken !== undefined) throw new TypeError(`the value of ${broken} has a null byte`);
    const [launcher = '', ...rest] = wrapped;
    const marks = { [ATTEMPT_VARIABLE]: attempt_id, [OWNER_VARIABLE]: owner };
    // Nothing of the task's reaches a launcher, since what starts there is not confined yet.
    const child = spawn(launcher, rest, {
      cwd,
      env: { PATH: TOOL_PATH, ...marks },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    sendEnvironment(child.stdio[3], env);
    if (confinement.ends_all) this.#report = readHelperReport(child.stdio[4] as Readable | undefined);
    else (child.stdio[4] as Readable | undefined)?.destroy();
    return child;
  }

  #startWatch(pid: number | undefined): void {
    if (pid === undefined) return;
    const { home, limits, onLimit, confinement } = this.#options;
    if (confinement.has_namespace) this.#findNamespace(pid, NAMESPACE_LOOKS);
    this.#watch = new TreeWatch({
      pid,
      is_launcher: confinement.ends_all,
      home,
      limits,
      onLimit: (kind, used) => {
        if (this.#stopping) return;
        onLimit(kind, used);
        // No grace: what asks for too much has it until it is gone.
        this.#stopping = true;
        this.#killNow();
      },
    });
    this.#watch.start();
  }

  /** Kills everything, without asking. */
  #killNow(): void {
    clearTimeout(this.#kill);
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    if (!this.#options.confinement.ends_all) {
      killAll([
        ...processTree(pid),
        ...(this.#watch?.survivors() ?? []),
        ...processesOfAttempt(this.#options.attempt_id),
      ]);
      signalGroup(pid, 'SIGKILL');
      return;
    }
    const deadline = performance.now() + HELPER_MS;
    const tell = (): void => {
      if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
      if (performance.now() > deadline) {
        killAll(processTree(pid).toReversed());
        return;
      }
      // A program that stopped its helper can't keep it so.
      signalOne(pid, 'SIGCONT');
      signalOne(pid, 'SIGUSR1');
      this.#kill = setTimeout(tell, REPEAT_MS);
    };
    tell();
  }

  /** Notes which mount namespace the program has got, as soon as it has one. */
  #findNamespace(pid: number, looks: number): void {
    const own = mountNamespace('self');
    this.#namespace = processTree(pid)
      .map((each) => mountNamespace(each))
      .find((each) => each !== undefined && each !== own);
    if (this.#namespace !== undefined || looks === 0) return;
    setTimeout(() => this.#findNamespace(pid, looks - 1), NAMESPACE_LOOK_MS).unref();
  }

  async #read(stream: Readable | null, name: 'stdout' | 'stderr'): Promise<void> {
    const { onOutput } = this.#options;
    try {
      for await (const chunk of stream ?? []) await onOutput(name, chunk as Buffer);
    } catch {
      // Destroyed while a stranger held it open: what had been read is handled.
    }
    await onOutput(name, undefined);
  }

  /** The program itself has ended; its children may not have. @param is_done - the helper has said that all have */
  async #endTheRest(pid: number | undefined, is_done: boolean): Promise<boolean> {
    if (pid === undefined || is_done) return false;
    let left_over = false;
    if (!this.#options.confinement.ends_all && signalGroup(pid, 'SIGTERM')) {
      left_over = true;
      const deadline = performance.now() + this.#options.grace_ms;
      while (signalGroup(pid, 0) && performance.now() < deadline) await pause(20);
    }
    signalGroup(pid, 'SIGKILL');
    // What had left the group, or a helper that was killed: looked for until nothing is found any more.
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const escaped = new Set([
        ...processesOfAttempt(this.#options.attempt_id),
        ...(this.#watch?.survivors() ?? []).flatMap(processTree),
        ...(this.#namespace === undefined ? [] : processesInNamespace(this.#namespace)),
      ]);
      escaped.delete(process.pid);
      if (escaped.size === 0) break;
      left_over = true;
      killAll([...escaped]);
      await pause(10);
    }
    return left_over;
  }

  async #untilPipesAreIdle(child: ChildProcess, signal: AbortSignal): Promise<void> {
    let seen = -1;
    for (;;) {
      const waiting = (child.stdout?.readableLength ?? 0) + (child.stderr?.readableLength ?? 0);
      if (waiting === 0 && seen === 0) return;
      seen = waiting;
      await pause(PIPES_MS, signal);
      if (signal.aborted) return;
    }
  }
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

function exitOf(child: ChildProcess): Promise<Omit<ProgramEnd, 'left_over'>> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, start_error: error });
    });
    child.once('exit', (code, signal) => resolve({ code, signal, start_error: undefined }));
  });
}

import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { backoffMs, pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { Child, describeExit, type Exit, type Launch } from './child.ts';
import { isPassingFileError } from './disk-full.ts';

export interface ProcessSpec {
  name: string;
  /**
   * How to start it; asked again for every start. `ready_before` is false until it was ready once: then nobody knows its
   * port yet, and it can take another one if the first turned out to be taken.
   */
  launch: (ready_before: boolean) => Promise<Launch>;
  /** One look whether it is ready; throws the reason why not. */
  probe: () => Promise<void>;
}

/** Who hears about it. */
export interface ProcessObserver {
  say: (text: string) => void;
  /** It has another pid or is gone. */
  onChange: () => void;
}

/**
 * `starting` from the spawn until the first successful probe, `ready` until it exits; `waiting` out the backoff after a
 * crash; `stopped` on purpose; `failed` when it crashed over and over without ever having been ready.
 */
export type ProcessState = 'stopped' | 'starting' | 'ready' | 'exiting' | 'waiting' | 'failed';

const policy = { base_ms: 250, cap_ms: 10_000, healthy_ms: 30_000, first_tries: 4, probe_every_ms: 50 };

/** Keeps one process running: starts it, starts it again when it crashes, and stops it when told to. */
export class SupervisedProcess {
  readonly name: string;
  /** How often it came back after a crash. */
  restarts = 0;
  #spec: ProcessSpec;
  #observer: ProcessObserver;
  #random: () => number;
  #state: ProcessState = 'stopped';
  #child: Child | undefined;
  #loop: Promise<void> = Promise.resolve();
  #wanted = false;
  /** From then on others know its port. */
  #everReady = false;
  /** Aborted to end every pause when it is no longer wanted. */
  #pauses = new AbortController();
  #failure: Error | undefined;
  #listeners = new Set<() => void>();

  constructor(spec: ProcessSpec, observer: ProcessObserver, random: () => number = Math.random) {
    this.name = spec.name;
    this.#random = random;
    this.#spec = spec;
    this.#observer = observer;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What this run of it has sent last over its channel; undefined until it has, and while it does not run. */
  get message(): unknown {
    return this.#child?.message;
  }

  /** Starts it, unless it runs. `waitReady` tells when it is up. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#failure = undefined;
    this.#pauses = new AbortController();
    this.#setState('starting');
    this.#loop = this.#loop.then(() => this.#supervise()).catch((error: unknown) => this.#giveUp(error));
  }

  /**
   * Resolves when it is ready, also again after a crash.
   * @throws BenchwireError when it was stopped, never came up, or takes longer than `timeout_ms`
   */
  async waitReady(timeout_ms = 60_000): Promise<void> {
    const deadline = AbortSignal.timeout(timeout_ms);
    while (this.#state !== 'ready') {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#state === 'stopped') throw new BenchwireError('PROCESS_STOPPED', `${this.name} is stopped`);
      if (deadline.aborted) throw new BenchwireError('PROCESS_NOT_READY', await this.#whyNotReady(timeout_ms));
      await this.#nextChange(deadline);
    }
  }

  /** Sends a signal. Unless it is to stay down, it is started again like after any crash. */
  async kill(signal: NodeJS.Signals, { stay_down = false } = {}): Promise<void> {
    if (stay_down) this.#unwant();
    if (this.#child !== undefined && endsProcess(signal)) this.#setState('exiting');
    this.#child?.kill(signal);
    if (stay_down) await this.#finished();
  }

  /** Stops it in order and starts it again, with the same port and data. */
  async restart(deadline_ms = 10_000): Promise<void> {
    await this.stop(deadline_ms);
    this.start();
    await this.waitReady();
  }

  /** SIGTERM; after the deadline it and everything it started are killed. Resolves when nothing of it runs. */
  async stop(deadline_ms = 10_000): Promise<void> {
    this.#unwant();
    if (this.#child !== undefined) this.#setState('exiting');
    this.#child?.kill('SIGTERM');
    const late = setTimeout(() => {
      this.#observer.say(`${this.name} did not stop within ${deadline_ms / 1000} s; killing it.`);
      this.#child?.killGroup();
    }, deadline_ms);
    await this.#finished();
    clearTimeout(late);
  }

  /** Kills it at once, without waiting. */
  abandon(): void {
    this.#unwant();
    this.#child?.killGroup();
  }

  async #supervise(): Promise<void> {
    let crashes = 0;
    while (this.#wanted) {
      const child = await this.#launch();
      if (child === undefined || !this.#wanted) {
        if (child instanceof Child) child.killGroup();
        break; // stopped meanwhile
      }
      if (child instanceof Error) {
        await this.#backOff(++crashes, `${this.name} can't be started now: ${child.message}`);
        continue;
      }
      this.#child = child;
      this.#setState('starting');
      const probing = this.#probeUntilReady(child);
      const exit = await child.exited;
      this.#child = undefined;
      const ready_ms = await probing;
      this.#everReady ||= ready_ms > 0;
      if (!this.#wanted) break;

      crashes = ready_ms > policy.healthy_ms ? 1 : crashes + 1;
      const why = [`${this.name}: ${describeExit(exit)}`, ...child.tail().map((line) => `    ${line}`)].join('\n');
      if (!this.#everReady && (crashes >= policy.first_tries || 'error' in exit)) {
        throw new BenchwireError('PROCESS_FAILED', `${this.name} does not start. ${lastWords(exit, child)}`);
      }
      await this.#backOff(crashes, why);
    }
    this.#setState('stopped');
  }

  /** An error is one that passes, such as a disk without room for its configuration. */
  async #launch(): Promise<Child | Error | undefined> {
    try {
      const launch = await this.#spec.launch(this.#everReady);
      return this.#wanted ? new Child(launch) : undefined;
    } catch (error) {
      if (this.#everReady && error instanceof Error && isPassingFileError(error)) return error;
      throw error;
    }
  }

  /** Returns how long it was ready, 0 when it never was. */
  async #probeUntilReady(child: Child): Promise<number> {
    let exited = false;
    const exit = child.exited.then(() => {
      exited = true;
    });
    while (!exited) {
      try {
        await this.#spec.probe();
        if (exited || this.#state !== 'starting') break;
        this.#setState('ready');
        const since = performance.now();
        await exit;
        return Math.max(1, performance.now() - since);
      } catch {
        await Promise.race([pause(policy.probe_every_ms), exit]);
      }
    }
    return 0;
  }

  async #backOff(crashes: number, why: string): Promise<void> {
    const wait_ms = backoffMs(crashes - 1, policy.base_ms, policy.cap_ms, this.#random);
    this.#observer.say(`${why}\n  starting it again in ${(wait_ms / 1000).toFixed(1)} s.`);
    this.#setState('waiting');
    await pause(wait_ms, this.#pauses.signal);
    this.restarts++;
  }

  async #whyNotReady(timeout_ms: number): Promise<string> {
    const reason = await this.#spec.probe().then(() => 'it has only just answered', messageOf);
    const tail = this.#child?.tail() ?? [];
    const lines = tail.length === 0 ? '' : ` Its last lines:\n${tail.map((line) => `    ${line}`).join('\n')}`;
    return `${this.name} was not ready within ${timeout_ms / 1000} s: ${reason}.${lines}`;
  }

  #giveUp(error: unknown): void {
    this.#wanted = false;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#setState('failed');
  }

  #unwant(): void {
    this.#wanted = false;
    this.#pauses.abort();
  }

  async #finished(): Promise<void> {
    await this.#loop;
    if (this.#state !== 'failed') this.#setState('stopped');
  }

  #setState(state: ProcessState): void {
    this.#state = state;
    this.#observer.onChange();
    for (const listener of [...this.#listeners]) listener();
  }

  #nextChange(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done);
        deadline.removeEventListener('abort', done);
        resolve();
      };
      this.#listeners.add(done);
      deadline.addEventListener('abort', done);
    });
  }
}

function lastWords(exit: Exit, child: Child): string {
  const lines = child.tail();
  const said = lines.length === 0 ? '' : ` Its last lines:\n${lines.map((line) => `    ${line}`).join('\n')}`;
  return `It ended with ${describeExit(exit)}.${said}`;
}

function endsProcess(signal: NodeJS.Signals): boolean {
  return ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGHUP'].includes(signal);
}

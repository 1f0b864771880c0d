import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import {
  type PluginCommand,
  type PluginDescription,
  type PluginMessage,
  pluginDescription,
  pluginMessage,
} from '../contracts/plugin.ts';
import { visibleText } from '../format/visible-text.ts';
import { messageOf } from '../runtime/errors.ts';
import { issuesOf, parseWith } from '../runtime/issues.ts';
import { LineSplitter } from '../runtime/line-splitter.ts';
import { JsonLines, ProtocolError } from './json-lines.ts';
import { PluginError, type PluginFault } from './plugin-error.ts';

const HOST = join(import.meta.dirname, 'host.ts');
const MEMORY_CHECK_MS = 50;
/** What Node itself takes, beside what the plug-in has. */
const NODE_MB = 128;
/** How long a plug-in may take to answer a call that was cancelled. */
const CANCEL_MS = 5000;
const MAX_SAID_CHARACTERS = 300;

/** A plug-in with what it may use, as the file of plug-ins has it. */
export interface PluginModule {
  /** The module's absolute path; of a program its name. For messages. */
  module: string;
  /** Started in the place of Node with the module: any language that speaks docs/protocol/plugin.md. */
  program?: readonly string[] | undefined;
  /** Where a program is started. */
  folder?: string | undefined;
  config: unknown;
  /** Variables of this process that it gets beside PATH. */
  env: readonly string[];
  /** Variables that it gets with these values. */
  variables?: Readonly<Record<string, string>>;
  seconds: number;
  memory_mb: number;
}

export interface CallOptions {
  /** Ends the call: sends the plug-in a cancel, and kills it where it does not answer. */
  signal?: AbortSignal | undefined;
  /** Without a limit for a call that the signal ends. */
  seconds?: number | undefined;
  /** Texts that are shown nowhere: secrets of the input. */
  hide?: readonly string[];
  /** Samples and notes; one after the other, and the next is read when it has settled. */
  onMessage?: (message: Extract<PluginMessage, { type: 'samples' | 'note' }>) => Promise<void> | void;
}

interface Call extends CallOptions {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * One life of a plug-in's process. It is killed where it does not answer in time, takes too much memory, or does not speak the
 * protocol; what it prints is no message. Of this process's environment it gets nothing but what it names.
 */
export class PluginProcess {
  readonly #plugin: PluginModule;
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  readonly #calls = new Map<string, Call>();
  readonly #ready = Promise.withResolvers<PluginDescription>();
  readonly #onPrint: (line: string) => void;
  readonly #watch: NodeJS.Timeout;
  /** Settles when nothing of the process is left. */
  readonly exited: Promise<void>;
  #said = '';
  readonly #hidden = new Set<string>();
  #next = 0;
  #failure: PluginError | undefined;

  constructor(plugin: PluginModule, onPrint: (line: string) => void = () => undefined) {
    this.#plugin = plugin;
    this.#onPrint = onPrint;
    this.#child = start(plugin);
    this.#pipe = this.#child.stdio[3] as Duplex;
    // A process that has died closes its pipe: `close` is what says so.
    this.#pipe.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#fail('exits', `cannot be started: ${messageOf(error)}`));
      this.#child.once('close', (code, signal) => {
        this.#gone(code, signal);
        resolve();
      });
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#readPrinted(stream);
    void this.#readMessages();
    this.#watch = setInterval(() => {
      if (residentMb(this.#child.pid) > plugin.memory_mb + (plugin.program === undefined ? NODE_MB : 0))
        this.#fail('memory', `used more than ${plugin.memory_mb} MB, and was stopped`);
    }, MEMORY_CHECK_MS);
    this.#ready.promise.catch(() => undefined);
    this.#send({ type: 'load', config: (plugin.config ?? {}) as never });
  }

  /** What it says of itself. @throws PluginError where it cannot be used */
  async describe(): Promise<PluginDescription> {
    return await this.#limited(this.#ready.promise, this.#plugin.seconds);
  }

  /** False once it has ended, or is to. */
  get is_usable(): boolean {
    return this.#failure === undefined;
  }

  /** @throws PluginError */
  async call(method: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
    await this.describe();
    if (this.#failure !== undefined) throw this.#failure;
    const id = String(++this.#next);
    const { signal, seconds = this.#plugin.seconds, hide = [] } = options;
    for (const text of hide) if (text !== '') this.#hidden.add(text);
    const answered = new Promise((resolve, reject) => this.#calls.set(id, { ...options, resolve, reject }));
    let late: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      this.#send({ type: 'cancel', id });
      late = setTimeout(() => this.#fail('hangs', 'did not end a call that was cancelled, and was stopped'), CANCEL_MS);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    this.#send({ type: 'call', id, method, input: input as never });
    if (signal?.aborted === true) cancel();
    try {
      return await this.#limited(answered, seconds);
    } finally {
      this.#calls.delete(id);
      signal?.removeEventListener('abort', cancel);
      clearTimeout(late);
    }
  }

  /** Ends the process. Idempotent. */
  async stop(): Promise<void> {
    this.#fail('exits', 'was stopped with what had loaded it');
    await this.exited;
  }

  async #limited<T>(promise: Promise<T>, seconds: number): Promise<T> {
    if (!Number.isFinite(seconds)) return await promise;
    const timer = setTimeout(
      () => this.#fail('hangs', `did not answer within ${seconds} s, and was stopped`),
      seconds * 1000,
    );
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process, and every call. The first reason counts. */
  #fail(fault: PluginFault, what: string): void {
    this.#failure ??= new PluginError(this.#plugin.module, what, { fault });
    this.#ready.reject(this.#failure);
    for (const call of this.#calls.values()) call.reject(this.#failure);
    this.#calls.clear();
    clearInterval(this.#watch);
    this.#child.kill('SIGKILL');
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    const heap = /heap out of memory/.test(this.#said) ? ' (out of memory)' : '';
    const lines = this.#clean(this.#said).trim().split('\n');
    const last = lines.findLast((line) => /^\w*Error: /.test(line)) ?? lines.at(-1) ?? '';
    const how = code === null ? `was killed by ${signal ?? 'the system'}` : `ended with ${code}`;
    const words = last === '' ? '' : `: ${visibleText(last).slice(0, MAX_SAID_CHARACTERS)}`;
    this.#fail(heap === '' ? 'exits' : 'memory', `${how} without an answer${heap}${words}`);
    this.#pipe.destroy();
  }

  #send(command: PluginCommand): void {
    if (this.#failure === undefined) this.#pipe.write(`${JSON.stringify(command)}\n`);
  }

  async #readMessages(): Promise<void> {
    try {
      for await (const line of new JsonLines(this.#pipe)) {
        const parsed = pluginMessage.safeParse(line);
        if (!parsed.success) throw new ProtocolError(wordsOf(issuesOf(parsed.error)));
        await this.#receive(parsed.data);
      }
    } catch (error) {
      // A pipe that breaks is that of a process that ends: its exit says how.
      if (error instanceof ProtocolError)
        this.#fail(
          'protocol',
          `does not speak the protocol, and was stopped: ${messageOf(error).slice(0, MAX_SAID_CHARACTERS)}`,
        );
    }
  }

  async #receive(message: PluginMessage): Promise<void> {
    const { module } = this.#plugin;
    if (message.type === 'ready') {
      const parsed = parseWith(pluginDescription, message.plugin);
      if (parsed.ok) this.#ready.resolve(parsed.value);
      else this.#fail('manifest', wordsOf(parsed.issues));
      return;
    }
    if (message.type === 'refused') {
      this.#fail('manifest', visibleText(message.message).slice(0, 1000));
      return;
    }
    const call = this.#calls.get(message.id);
    switch (message.type) {
      case 'done':
        call?.resolve(message.value);
        return;
      case 'failed': {
        const { retriable, retry_after_seconds } = message;
        const retry_after_ms = retry_after_seconds === undefined ? undefined : retry_after_seconds * 1000;
        const what = visibleText(this.#clean(message.message)).slice(0, 1000);
        call?.reject(new PluginError(module, what, { fault: 'throws', retriable, retry_after_ms }));
        return;
      }
      default:
        await call?.onMessage?.(message);
    }
  }

  #clean(text: string): string {
    return [...this.#hidden].reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text);
  }

  #readPrinted(stream: Readable | null): void {
    const splitter = new LineSplitter();
    stream?.on('data', (chunk: Buffer) => {
      for (const { text } of splitter.push(chunk)) {
        const line = stripVTControlCharacters(text);
        if (stream === this.#child.stderr) this.#said = `${this.#said}${line}\n`.slice(-MAX_SAID_CHARACTERS * 20);
        this.#onPrint(this.#clean(line));
      }
    });
    stream?.on('end', () => {
      for (const { text } of splitter.end()) this.#onPrint(this.#clean(stripVTControlCharacters(text)));
    });
  }
}

const wordsOf = (issues: readonly { path: string; message: string }[]): string =>
  issues.map(({ path, message }) => `${path}: ${message}`).join('; ');

function start({ module, program, folder, env, variables, memory_mb }: PluginModule): ChildProcess {
  const handed = Object.fromEntries(['PATH', ...env].map((name) => [name, process.env[name] ?? '']));
  const [command = process.execPath, ...args] = program ?? [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    `--max-old-space-size=${memory_mb}`,
    HOST,
    module,
  ];
  return spawn(command, args, {
    cwd: folder ?? dirname(module),
    env: { TZ: 'UTC', ...handed, ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}

/** Linux says it; elsewhere the limit of the heap is all there is. */
function residentMb(pid: number | undefined): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6;
  } catch {
    return 0;
  }
}

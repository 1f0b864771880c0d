import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { BenchwireError } from '../runtime/errors.ts';

const HOST = join(import.meta.dirname, 'host.ts');
/** More is not read: the process is ended. */
const MAX_ANSWER_BYTES = 64e6;
const MEMORY_CHECK_MS = 50;
/** What Node itself takes, beside what the plug-in has. */
const NODE_MB = 128;
const MAX_SAID_CHARACTERS = 300;

/** A module with what it may use, as the file of plug-ins has it. */
export interface PluginModule {
  /** Absolute. */
  module: string;
  config: unknown;
  seconds: number;
  memory_mb: number;
}

/** A plug-in did not do what it was called for. The message names it. */
export class PluginError extends BenchwireError {
  /** The module or its configuration is wrong, whatever it is called with. */
  readonly is_manifest: boolean;

  constructor(module: string, what: string, is_manifest = false) {
    super('PLUGIN_FAILED', `plug-in ${module}: ${what}`);
    this.name = 'PluginError';
    this.is_manifest = is_manifest;
  }
}

const answer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.string(), is_manifest: z.boolean() }),
]);

/**
 * One call of a plug-in, in a process of its own that ends with the call: what it leaks ends with it, and one that hangs, crashes or
 * takes too much memory is killed. It gets neither this process's environment nor its files that are open.
 * @throws PluginError
 */
export async function callPlugin(
  { module, config, seconds, memory_mb }: PluginModule,
  call: 'describe' | 'read' | 'render',
  input: object = {},
): Promise<unknown> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${memory_mb}`, HOST],
    {
      cwd: dirname(module),
      env: { PATH: process.env.PATH ?? '', TZ: 'UTC' },
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    },
  );
  const [stdin, , stderr, answers] = child.stdio as unknown as [Writable, null, Readable, Readable];
  let why: string | undefined;
  const stop = (reason: string): void => {
    why ??= reason;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => stop(`did not answer within ${seconds} s, and was stopped`), seconds * 1000);
  const watch = setInterval(() => {
    if (residentMb(child.pid) > memory_mb + NODE_MB) stop(`used more than ${memory_mb} MB, and was stopped`);
  }, MEMORY_CHECK_MS);
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    stdin.on('error', () => {}); // it may end without reading
    stdin.end(JSON.stringify({ module, config, call, input }));
    const [said, answered, code] = await Promise.all([
      end(stderr, MAX_SAID_CHARACTERS * 8, () => {}),
      end(answers, MAX_ANSWER_BYTES, () => stop('answered with more than 64 MB, and was stopped')),
      ended,
    ]);
    if (why !== undefined) throw new PluginError(module, why);
    return valueIn(module, answered, code, said);
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
  }
}

function valueIn(module: string, answered: string, code: number | null, said: string): unknown {
  const parsed = answer.safeParse(jsonOf(answered));
  if (!parsed.success) {
    const heap = /heap out of memory/.test(said) ? ' (out of memory)' : '';
    const last =
      said
        .trim()
        .split('\n')
        .findLast((line) => line.trim() !== '') ?? '';
    throw new PluginError(
      module,
      `ended${code === null ? '' : ` with ${code}`} without an answer${heap}${last === '' ? '' : `: ${last.slice(0, MAX_SAID_CHARACTERS)}`}`,
    );
  }
  if (!parsed.data.ok) throw new PluginError(module, parsed.data.error, parsed.data.is_manifest);
  return parsed.data.value;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a stream says, at most so many bytes. */
async function end(stream: Readable, most: number, onMore: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) onMore();
    else chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Linux says it; elsewhere the limit of the heap is all there is. */
function residentMb(pid: number | undefined): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6;
  } catch {
    return 0;
  }
}

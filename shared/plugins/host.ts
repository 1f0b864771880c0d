import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { PluginCommand, PluginDescription, PluginMessage } from '../contracts/plugin.ts';
import { isRecord } from '../runtime/is-record.ts';
import { checkConfig, checkManifest, type HostedPlugin, ManifestFault } from './check-manifest.ts';
import { JsonLines } from './json-lines.ts';

/**
 * The process that a module runs in: docs/protocol/plugin.md on file descriptor 3, since modules print to stdout. It ends when its parent
 * closes the pipe. What it may use is limited by its parent.
 */
const [, , module = ''] = process.argv;
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const running = new Map<string, AbortController>();
let hosted: { plugin: HostedPlugin; config: unknown } | undefined;

for await (const line of new JsonLines(pipe)) {
  const command = line as PluginCommand;
  if (command.type === 'load') await load(command.config);
  else if (command.type === 'cancel') running.get(command.id)?.abort();
  else void answer(command);
}
process.exit(0);

/** Resolves when the pipe has room. */
async function send(message: PluginMessage): Promise<void> {
  if (!pipe.write(`${JSON.stringify(message)}\n`)) await new Promise((resolve) => pipe.once('drain', resolve));
}

async function load(written: unknown): Promise<void> {
  try {
    const plugin = checkManifest((await import(pathToFileURL(module).href)).default);
    hosted = { plugin, config: checkConfig('config', plugin.configuration, written) };
    const { api_version, kind, name, title } = plugin;
    const { file_ending, streams, secrets } = plugin as Partial<PluginDescription>;
    await send({ type: 'ready', plugin: { api_version, kind, name, title, file_ending, streams, secrets } });
  } catch (error) {
    await send({ type: 'refused', message: firstLine(error) });
  }
}

async function answer({ id, method, input }: Extract<PluginCommand, { type: 'call' }>): Promise<void> {
  const stopping = new AbortController();
  running.set(id, stopping);
  try {
    await send({ type: 'done', id, value: (await call(id, method, input, stopping.signal)) ?? null });
  } catch (error) {
    const more = isRecord(error) ? error : {};
    await send({
      ...{ type: 'failed', id, message: firstLine(error) },
      retriable: !(error instanceof ManifestFault) && more.retriable !== false,
      ...(typeof more.retry_after_seconds === 'number' ? { retry_after_seconds: more.retry_after_seconds } : {}),
    });
  } finally {
    running.delete(id);
  }
}

async function call(id: string, method: string, input: unknown, signal: AbortSignal): Promise<unknown> {
  if (hosted === undefined) throw new ManifestFault('was called before it was loaded');
  const { plugin, config } = hosted;
  const given = input as Record<string, unknown>;
  if (method === 'check') return checkedIssues(plugin, given.config);
  switch (plugin.kind) {
    case 'import_format':
      if (method === 'read') return plugin.read({ file: given.file, text: given.text, config } as never);
      break;
    case 'report':
      if (method === 'render') {
        const rendered: unknown = await plugin.render({ report: given.report, config } as never);
        if (typeof rendered !== 'string') throw new Error(`render gave ${typeof rendered}, not a text`);
        return rendered;
      }
      break;
    case 'connector':
      if (method === 'deliver') {
        const settings = checkConfig('settings', plugin.receiver, given.settings);
        return plugin.deliver({ message: given.message, secrets: given.secrets, settings, config, signal } as never);
      }
      break;
    case 'sink':
      if (method === 'write') return plugin.write({ records: given.records, config, signal } as never);
      break;
    case 'placement_strategy':
      if (method === 'score') return plugin.score({ ...given, config } as never);
      break;
    case 'executor':
      if (method === 'execute') {
        const task = given.task as { config: unknown };
        const checked = { ...task, config: checkConfig('config', plugin.task, task.config) };
        return plugin.execute({ ...measuring(id), task: checked, config, signal } as never);
      }
      break;
    default:
      plugin satisfies never;
  }
  throw new ManifestFault(`is of kind ${plugin.kind}, which has no ${method}`);
}

/** How an executor hands on what it measures. */
function measuring(id: string): object {
  return {
    samples: async (metric: string, values: readonly number[], about: object = {}) => {
      for (let at = 0; at < values.length; at += 10_000)
        await send({ type: 'samples', id, metric, unit: null, ...about, values: values.slice(at, at + 10_000) });
      // A loop that only measures would never see that its task is cancelled.
      await setImmediate();
    },
    note: (text: string) => void send({ type: 'note', id, text: String(text).slice(0, 4096) }),
  };
}

function checkedIssues(plugin: HostedPlugin, written: unknown): { path: string; message: string }[] {
  const schema = plugin.kind === 'executor' ? plugin.task : plugin.kind === 'connector' ? plugin.receiver : undefined;
  const parsed = schema?.safeParse(written);
  if (parsed === undefined || parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').slice(0, 1000);
}

import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { visibleText } from '../format/visible-text.ts';
import { isRecord } from '../runtime/is-record.ts';
import { PLUGIN_API_VERSION, PLUGIN_KINDS, type Plugin } from './plugin.ts';

/**
 * The process that a plug-in runs in, for one call: reads `{ module, config, call, input }` from stdin, and writes
 * `{ ok, value }` or `{ ok, error }` to file descriptor 3, since modules print to stdout. What it may use is limited by its parent.
 */
const ANSWER_FD = 3;
const CALLS = ['describe', 'read', 'render'] as const;

interface Asked {
  module: string;
  config: unknown;
  call: (typeof CALLS)[number];
  input: Record<string, unknown>;
}

class PluginFault extends Error {}

const asked = JSON.parse(await text(process.stdin)) as Asked;
try {
  answer({ ok: true, value: await call(asked) });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  answer({
    ok: false,
    error: visibleText(message.split('\n')[0] ?? '').slice(0, 1000),
    is_manifest: error instanceof PluginFault,
  });
}
process.exit(0);

function answer(what: object): void {
  const bytes = Buffer.from(JSON.stringify(what));
  for (let at = 0; at < bytes.length; ) at += writeSync(ANSWER_FD, bytes, at);
}

async function call({ module, config, call, input }: Asked): Promise<unknown> {
  const exported: unknown = (await import(pathToFileURL(module).href)).default;
  const plugin = checkedManifest(exported);
  const parsed = plugin.configuration.safeParse(config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PluginFault(
      `config${issue === undefined ? '' : `.${issue.path.map(String).join('.')}: ${issue.message}`}`,
    );
  }
  switch (call) {
    case 'describe': {
      const { kind, name, title, api_version } = plugin;
      return { kind, name, title, api_version, file_ending: plugin.kind === 'report' ? plugin.file_ending : null };
    }
    case 'read':
      if (plugin.kind !== 'import_format') throw new PluginFault(`is a ${plugin.kind}, and reads no files`);
      return (await plugin.read({ file: String(input.file), text: String(input.text), config: parsed.data })) ?? null;
    case 'render': {
      if (plugin.kind !== 'report') throw new PluginFault(`is an ${plugin.kind}, and renders no reports`);
      const rendered = await plugin.render({ report: input.report as never, config: parsed.data });
      if (typeof rendered !== 'string') throw new Error(`render gave ${typeof rendered}, not a text`);
      return rendered;
    }
  }
}

function checkedManifest(exported: unknown): Plugin {
  if (!isRecord(exported))
    throw new PluginFault('its default export is not a plug-in: `export default defineReport({ … })`');
  const { api_version, kind, name, title, configuration } = exported;
  if (api_version !== PLUGIN_API_VERSION)
    throw new PluginFault(`api_version is ${JSON.stringify(api_version)}: this Benchwire takes ${PLUGIN_API_VERSION}`);
  if (!PLUGIN_KINDS.some((each) => each === kind))
    throw new PluginFault(`kind is ${JSON.stringify(kind)}: use ${PLUGIN_KINDS.join(' or ')}`);
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,63}$/.test(name))
    throw new PluginFault(
      `name is ${JSON.stringify(name)}: use small letters, digits, - and _, beginning with a letter`,
    );
  if (typeof title !== 'string' || title === '') throw new PluginFault('title is missing: a text for people');
  if (!isRecord(configuration) || typeof configuration.safeParse !== 'function')
    throw new PluginFault('configuration is not a zod schema: z.object({}) where there is nothing to configure');
  const needed = kind === 'report' ? 'render' : 'read';
  if (typeof exported[needed] !== 'function')
    throw new PluginFault(`${needed} is missing: a ${String(kind)} is a function of that name`);
  if (kind === 'report' && (typeof exported.file_ending !== 'string' || !/^[a-z0-9]{1,16}$/.test(exported.file_ending)))
    throw new PluginFault('file_ending is missing: such as html, without the dot');
  return exported as unknown as Plugin;
}

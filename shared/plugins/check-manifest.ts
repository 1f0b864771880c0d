import {
  PLUGIN_API_VERSION,
  PLUGIN_KINDS,
  PLUGIN_NAME,
  type PluginKind,
  SINK_STREAMS,
} from '../contracts/plugin-kinds.ts';
import { isRecord } from '../runtime/is-record.ts';
import type { ConfigurationSchema, Plugin } from './plugin.ts';

export type HostedPlugin = Plugin;

/** A manifest or a configuration that is wrong, whatever the plug-in is called with. */
export class ManifestFault extends Error {}

/** The function that each kind has, and the schemas beside that of its configuration. */
const PARTS: Readonly<Record<PluginKind, { method: string; schemas: readonly string[] }>> = {
  executor: { method: 'execute', schemas: ['task'] },
  placement_strategy: { method: 'score', schemas: [] },
  connector: { method: 'deliver', schemas: ['receiver'] },
  sink: { method: 'write', schemas: [] },
  import_format: { method: 'read', schemas: [] },
  report: { method: 'render', schemas: [] },
};

/** @throws ManifestFault with what is missing and how it is written */
export function checkManifest(exported: unknown): HostedPlugin {
  if (!isRecord(exported))
    throw new ManifestFault('its default export is not a plug-in: `export default defineReport({ … })`');
  const { api_version, kind, name, title, streams, file_ending } = exported;
  if (api_version !== PLUGIN_API_VERSION)
    throw new ManifestFault(
      `api_version is ${JSON.stringify(api_version)}: this Benchwire takes ${PLUGIN_API_VERSION}`,
    );
  const known = PLUGIN_KINDS.find((each) => each === kind);
  if (known === undefined)
    throw new ManifestFault(`kind is ${JSON.stringify(kind)}: use one of ${PLUGIN_KINDS.join(', ')}`);
  if (typeof name !== 'string' || !PLUGIN_NAME.test(name))
    throw new ManifestFault(
      `name is ${JSON.stringify(name)}: use small letters, digits, - and _, beginning with a letter`,
    );
  if (typeof title !== 'string' || title === '') throw new ManifestFault('title is missing: a text for people');
  const { method, schemas } = PARTS[known];
  for (const field of ['configuration', ...schemas]) {
    const schema = exported[field];
    if (!isRecord(schema) || typeof schema.safeParse !== 'function')
      throw new ManifestFault(`${field} is not a zod schema: z.object({}) where there is nothing to configure`);
  }
  if (typeof exported[method] !== 'function')
    throw new ManifestFault(`${method} is missing: a ${known} is a function of that name`);
  if (known === 'report' && (typeof file_ending !== 'string' || !/^[a-z0-9]{1,16}$/.test(file_ending)))
    throw new ManifestFault('file_ending is missing: such as html, without the dot');
  if (
    known === 'sink' &&
    !(Array.isArray(streams) && streams.length > 0 && streams.every((each) => SINK_STREAMS.includes(each)))
  )
    throw new ManifestFault(`streams is ${JSON.stringify(streams)}: a list of ${SINK_STREAMS.join(', ')}`);
  return exported as unknown as HostedPlugin;
}

/** @throws ManifestFault with the place */
export function checkConfig<Config>(where: string, schema: ConfigurationSchema<Config>, written: unknown): Config {
  const parsed = schema.safeParse(written);
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.map(({ path, message }) => `${[where, ...path.map(String)].join('.')}: ${message}`);
  throw new ManifestFault(said.join('; ') || `${where} is not valid`);
}

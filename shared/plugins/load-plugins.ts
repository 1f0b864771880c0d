import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError, messageOf } from '../runtime/errors.ts';
import { parseWith } from '../runtime/issues.ts';
import { readYaml } from '../runtime/read-yaml.ts';
import { callPlugin, PluginError, type PluginModule } from './call-plugin.ts';
import { PLUGIN_KINDS } from './plugin.ts';

const pluginsFile = z.strictObject({
  plugins: z
    .array(
      z.strictObject({
        /** Its path, from this file. */
        module: z.string().min(1),
        config: z.unknown().optional(),
        /** Of one call. */
        seconds: z.number().positive().max(600).default(30),
        memory_mb: z.int().min(16).max(65_536).default(256),
      }),
    )
    .max(100),
});

const description = z.object({
  kind: z.enum(PLUGIN_KINDS),
  name: z.string(),
  title: z.string(),
  api_version: z.int(),
  file_ending: z.string().nullable(),
});

/** A plug-in whose manifest and configuration are right. */
export type LoadedPlugin = z.infer<typeof description> & PluginModule;

export interface LoadedPlugins {
  plugins: LoadedPlugin[];
  /** Those that can't be used, and why; the others can. */
  problems: PluginError[];
}

/**
 * Loads what a file of plug-ins names (YAML or JSON), each in a process of its own.
 * @throws ConfigError for a file that can't be read, with the line
 */
export async function loadPlugins(file: string): Promise<LoadedPlugins> {
  const loaded: LoadedPlugins = { plugins: [], problems: [] };
  const names = new Map<string, string>();
  for (const each of readPluginsFile(file)) {
    try {
      const described = description.parse(await callPlugin(each, 'describe'));
      const other = names.get(described.name);
      if (other !== undefined)
        throw new PluginError(each.module, `its name ${described.name} is taken by ${other}`, true);
      names.set(described.name, each.module);
      loaded.plugins.push({ ...described, ...each });
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      loaded.problems.push(error);
    }
  }
  return loaded;
}

function readPluginsFile(file: string): PluginModule[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`the file of plug-ins ${file} can't be read: ${messageOf(error)}`);
  }
  const read = readYaml(text);
  if (!read.ok) {
    const [issue] = read.issues;
    throw new ConfigError(`${file}${issue?.line ? `, line ${issue.line}` : ''}: ${issue?.message}`);
  }
  const parsed = parseWith(pluginsFile, read.value);
  if (!parsed.ok)
    throw new ConfigError(`${file}: ${parsed.issues.map(({ path, message }) => `${path} ${message}`).join('; ')}`);
  return parsed.value.plugins.map((each) => ({ config: {}, ...each, module: resolve(dirname(file), each.module) }));
}

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { PluginDescription } from '../contracts/plugin.ts';
import type { PluginKind } from '../contracts/plugin-kinds.ts';
import { ConfigError, messageOf } from '../runtime/errors.ts';
import { parseWith } from '../runtime/issues.ts';
import { readYaml } from '../runtime/read-yaml.ts';
import { whyReserved } from './built-in-names.ts';
import { PluginError } from './plugin-error.ts';
import { describePlugin, type LoadedPlugin } from './plugin-host.ts';
import type { PluginModule } from './plugin-process.ts';

const limits = {
  config: z.unknown().optional(),
  /** Names of variables that it gets. */
  env: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'takes names of variables'))
    .max(100)
    .default([]),
  /** Of one call. */
  seconds: z.number().positive().max(600).default(30),
  memory_mb: z.int().min(16).max(65_536).default(256),
};
const pluginsFile = z.strictObject({
  plugins: z
    .array(
      z
        .strictObject({
          /** Its path, from this file. */
          module: z.string().min(1).optional(),
          /** A program and its arguments, started in this file's folder. */
          program: z.array(z.string().min(1)).min(1).max(100).optional(),
          ...limits,
        })
        .refine(
          ({ module, program }) => (module === undefined) !== (program === undefined),
          'needs either a module or a program',
        ),
    )
    .max(100),
});

export interface LoadedPlugins {
  plugins: LoadedPlugin[];
  /** Those that can't be used, and why; the others can. */
  problems: PluginError[];
}

/** So many are looked at at once. */
const AT_ONCE = 4;

/**
 * Loads what a file of plug-ins names (YAML or JSON), each in a process of its own.
 * @throws ConfigError for a file that can't be read, with the line
 */
export async function loadPlugins(file: string): Promise<LoadedPlugins> {
  const loaded: LoadedPlugins = { plugins: [], problems: [] };
  const names = new Map<string, string>();
  const modules = readPluginsFile(file);
  const described: (PluginDescription | PluginError)[] = [];
  for (let at = 0; at < modules.length; at += AT_ONCE)
    described.push(...(await Promise.all(modules.slice(at, at + AT_ONCE).map(describeOne))));
  for (const [index, each] of modules.entries()) {
    const said = described[index];
    const problem = said instanceof PluginError || said === undefined ? said : whyUnusable(said, each, names);
    if (problem !== undefined) loaded.problems.push(problem);
    else if (!(said instanceof PluginError) && said !== undefined) {
      names.set(keyOf(said), each.module);
      loaded.plugins.push({ ...said, ...each });
    }
  }
  return loaded;
}

async function describeOne(plugin: PluginModule): Promise<PluginDescription | PluginError> {
  try {
    return await describePlugin(plugin);
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
}

const keyOf = ({ kind, name }: { kind: PluginKind; name: string }): string => `${kind} ${name}`;

function whyUnusable(
  said: PluginDescription,
  { module }: PluginModule,
  names: ReadonlyMap<string, string>,
): PluginError | undefined {
  const other = names.get(keyOf(said));
  const why = other === undefined ? whyReserved(said) : `its name ${said.name} is taken by ${other}`;
  return why === undefined ? undefined : new PluginError(module, why, { fault: 'manifest' });
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
  const folder = dirname(resolve(file));
  return parsed.value.plugins.map(({ module, program, config = {}, ...rest }) =>
    module === undefined
      ? { module: (program ?? []).join(' '), program, folder, config, ...rest }
      : { module: resolve(folder, module), config, ...rest },
  );
}

import { z } from 'zod';
import { Collected } from '../import/collect.ts';
import type { ImportedFile } from '../import/format.ts';
import { ImportError } from '../import/import-error.ts';
import { inputOf, type ReadFileOptions, readImportFile } from '../import/read-file.ts';
import { formatPath, parseWith } from '../runtime/issues.ts';
import { PluginError } from './plugin-error.ts';
import { callPlugin, type LoadedPlugin } from './plugin-host.ts';

const fact = z.union([z.string(), z.number(), z.boolean()]);
const metric = z.looseObject({ unit: z.string().optional(), better: z.enum(['lower', 'higher']).optional() });
const pluginImport = z.strictObject({
  benchmarks: z.array(
    z.strictObject({
      name: z.string(),
      parameters: z.record(z.string(), fact).optional(),
      model: z.string().optional(),
      precision: z.string().optional(),
      metrics: z.record(z.string(), metric),
    }),
  ),
  device: z
    .strictObject({ name: z.string(), facts: z.record(z.string(), z.union([z.string(), z.number()])).default({}) })
    .optional(),
  source: z
    .strictObject({ commit: z.string().optional(), branch: z.string().optional(), repo: z.string().optional() })
    .optional(),
  measured_at: z.iso.datetime({ offset: true }).optional(),
});

/**
 * Reads a file with a plug-in that `format` names; with `auto` with the first plug-in that takes it, where no format of Benchwire does.
 * @throws ImportError
 */
export async function readWithPlugins(
  options: ReadFileOptions,
  plugins: readonly LoadedPlugin[],
): Promise<ImportedFile> {
  const formats = plugins.filter(({ kind }) => kind === 'import_format');
  const named = formats.find(({ name }) => name === options.format);
  if (named !== undefined) {
    const read = await readOne(options, named);
    if (read === null) throw new ImportError(options.file, '', `is not of the format ${named.name} (${named.title})`);
    return read;
  }
  try {
    return readImportFile(options);
  } catch (error) {
    if (!(error instanceof ImportError) || options.format !== 'auto') throw error;
    for (const each of formats) {
      const read = await readOne(options, each);
      if (read !== null) return read;
    }
    throw error;
  }
}

async function readOne({ file, bytes }: ReadFileOptions, plugin: LoadedPlugin): Promise<ImportedFile | null> {
  const input = inputOf(file, bytes);
  let answer: unknown;
  try {
    answer = await callPlugin(plugin, 'read', { file, text: input.text });
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw new ImportError(file, '', `could not be read: ${error.message}`);
  }
  if (answer === null) return null;
  const parsed = parseWith(pluginImport, answer);
  if (!parsed.ok) {
    const [issue] = parsed.issues;
    throw new ImportError(
      file,
      '',
      `could not be read: plug-in ${plugin.module} gave ${issue?.path ?? formatPath([])}: ${issue?.message}`,
    );
  }
  const { benchmarks, device, source, measured_at } = parsed.value;
  const collected = new Collected(input, plugin.name);
  for (const { name, metrics, parameters = {}, model, precision } of benchmarks)
    collected.add(name, metrics, { parameters, model, precision });
  if (device !== undefined) collected.device = { ...device, identity: Object.keys(device.facts) };
  collected.source = source ?? {};
  collected.measured_at = measured_at === undefined ? undefined : new Date(measured_at).toISOString();
  return collected.file();
}

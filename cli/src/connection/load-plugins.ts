import { resolve } from 'node:path';
import { type LoadedPlugins, loadPlugins } from '@benchwire/shared/plugins/load-plugins.ts';
import type { CliContext } from '../context.ts';

/** The plug-ins of the file that BENCHWIRE_PLUGINS names; those that can't be used are named on stderr, and the others work. */
export async function usablePlugins(context: CliContext): Promise<LoadedPlugins['plugins']> {
  const { environment, working_directory, err } = context;
  const file = environment.BENCHWIRE_PLUGINS ?? '';
  if (file === '') return [];
  const { plugins, problems } = await loadPlugins(resolve(working_directory, file));
  for (const { message } of problems) err.line(`${message}: it is left out.`);
  return plugins;
}

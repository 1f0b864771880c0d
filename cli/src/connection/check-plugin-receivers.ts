import type { NotifyRules } from '@benchwire/shared/contracts/notify.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { callPlugin, type LoadedPlugin } from '@benchwire/shared/plugins/plugin-host.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { z } from 'zod';
import type { CliContext } from '../context.ts';
import { usablePlugins } from './load-plugins.ts';

const found = z.array(z.object({ path: z.string(), message: z.string() }));

/** What is wrong with receivers of plug-ins, as their plug-ins say it. Without a file of plug-ins here only the notifier can tell. */
export async function checkPluginReceivers(context: CliContext, { receivers }: NotifyRules): Promise<Issue[]> {
  if (!receivers.some(({ connector }) => connector === 'plugin')) return [];
  if ((context.environment.BENCHWIRE_PLUGINS ?? '') === '') {
    context.err.line(
      'BENCHWIRE_PLUGINS is not set here: the settings of receivers of plug-ins are checked by the notifier',
    );
    return [];
  }
  const connectors = (await usablePlugins(context)).filter(({ kind }) => kind === 'connector');
  const issues: Issue[] = [];
  for (const [index, receiver] of receivers.entries())
    if (receiver.connector === 'plugin') issues.push(...(await issuesOf(receiver, `receivers[${index}]`, connectors)));
  return issues;
}

async function issuesOf(
  { plugin: name, settings, secrets }: Extract<NotifyRules['receivers'][number], { connector: 'plugin' }>,
  path: string,
  connectors: readonly LoadedPlugin[],
): Promise<Issue[]> {
  const plugin = connectors.find((each) => each.name === name);
  if (plugin === undefined) {
    const names = connectors.map((each) => each.name);
    const message = `there is no connector "${name}": plug-ins bring ${names.join(', ') || 'none'}.${didYouMean(name, names)}`;
    return [{ path: `${path}.connector`, code: 'unknown_connector', message }];
  }
  const wrong = found.parse(await callPlugin(plugin, 'check', { config: settings }));
  const missing = (plugin.secrets ?? []).filter((each) => secrets[each] === undefined);
  return [
    ...wrong.map((each) => ({
      ...{ path: each.path === '' ? `${path}.settings` : `${path}.settings.${each.path}`, code: 'plugin_settings' },
      message: each.message,
    })),
    ...missing.map((each) => ({
      ...{ path: `${path}.secrets`, code: 'secret_missing' },
      message: `${name} needs the secret ${each}: write secrets: { ${each}: { env: NAME } }`,
    })),
  ];
}

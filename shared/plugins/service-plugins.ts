import { resolve } from 'node:path';
import { Counter, Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import type { PluginKind } from '../contracts/plugin-kinds.ts';
import { ConfigError } from '../runtime/errors.ts';
import type { Scope } from '../runtime/lifecycle.ts';
import { LimitedLog } from '../runtime/limited-log.ts';
import type { Log } from '../runtime/log.ts';
import { loadPlugins } from './load-plugins.ts';
import type { PluginError } from './plugin-error.ts';
import { type LoadedPlugin, PluginHost } from './plugin-host.ts';

/** Variables of every service that uses plug-ins. */
export const pluginVariables = {
  /** The file of plug-ins (docs/plugins.md). */
  BENCHWIRE_PLUGINS: z.string().optional(),
};

export interface ServicePluginsOptions {
  config: { BENCHWIRE_PLUGINS?: string | undefined };
  log: Log;
  http: { registry: Registry };
  scope: Scope;
}

/** The plug-ins of one kind that a service uses. */
export interface ServicePlugins {
  plugins: readonly LoadedPlugin[];
  /** One whose process stays, until the service stops. */
  host(plugin: LoadedPlugin): PluginHost;
  /** Logs and counts what went wrong. */
  fault(plugin: LoadedPlugin, error: PluginError): void;
}

/**
 * Loads the plug-ins of a kind. Those that cannot be used are named in the log and counted in `benchwire_plugins{state="refused"}`; the
 * service works without them.
 */
export async function servicePlugins(options: ServicePluginsOptions, kind: PluginKind): Promise<ServicePlugins> {
  const { log, http, scope } = options;
  const registers = [http.registry];
  const states = new Gauge({
    ...{
      name: 'benchwire_plugins',
      help: 'Plug-ins of the kind that this service uses, by what became of them',
      registers,
    },
    labelNames: ['state'],
  });
  const faults = new Counter({
    ...{
      name: 'benchwire_plugin_faults_total',
      help: 'What plug-ins did wrong; all but throws ended their process',
      registers,
    },
    labelNames: ['plugin', 'kind', 'fault'],
  });
  const plugins = await usable(options, kind, states);
  for (const { name } of plugins)
    for (const fault of ['throws', 'hangs', 'memory', 'exits', 'protocol'])
      faults.inc({ plugin: name, kind, fault }, 0);
  const limited = new LimitedLog(log);
  const fault = ({ name }: LoadedPlugin, error: PluginError): void => {
    faults.inc({ plugin: name, kind, fault: error.fault });
    limited.error({ plugin: name, fault: error.fault }, error.message);
  };
  return {
    plugins,
    fault,
    host: (plugin) => {
      const host = new PluginHost(plugin, {
        onFault: (error) => fault(plugin, error),
        onPrint: (line) => log.debug({ plugin: plugin.name }, line),
      });
      scope.add(`plug-in ${plugin.name}`, () => host.stop());
      return host;
    },
  };
}

async function usable(
  { config, log }: ServicePluginsOptions,
  kind: PluginKind,
  states: Gauge<'state'>,
): Promise<LoadedPlugin[]> {
  const file = config.BENCHWIRE_PLUGINS;
  if (file === undefined) return [];
  try {
    const { plugins, problems } = await loadPlugins(resolve(file));
    for (const problem of problems) log.error({ fault: problem.fault }, `${problem.message}: it is left out`);
    const own = plugins.filter((each) => each.kind === kind);
    for (const { name, title } of own) log.info({ plugin: name, kind }, `uses the plug-in ${name}: ${title}`);
    states.set({ state: 'loaded' }, own.length);
    states.set({ state: 'refused' }, problems.length);
    return own;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.error(`${error.message}: no plug-ins are used`);
    states.set({ state: 'refused' }, 1);
    return [];
  }
}

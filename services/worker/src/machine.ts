import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { servicePlugins } from '@benchwire/shared/plugins/service-plugins.ts';
import type { ServiceContext } from '@benchwire/shared/runtime/service.ts';
import type { WorkerConfig } from './config.ts';
import { lookAtDevices, type OfferedDevices } from './devices/offer.ts';
import { createExecutors, type Registry } from './executors/registry.ts';
import { metricRulesOf } from './metric-rules.ts';
import type { Telemetry } from './telemetry.ts';

/** What this machine can run, and on what. */
export interface Machine extends Registry {
  /** Looks at the devices again; at these classes only, where they are given. @throws BenchwireError NO_DEVICE */
  look: (classes: readonly HardwareClass[] | undefined) => Promise<OfferedDevices>;
  /** The devices at the start. */
  first: OfferedDevices;
}

/** Finds this machine's executors and devices, and warns of what is there and cannot be offered. */
export async function lookAtMachine(
  context: ServiceContext<WorkerConfig>,
  env: Readonly<Record<string, string | undefined>>,
  telemetry: Telemetry,
): Promise<Machine> {
  const { config, nats, jetstream: client, manager, log, scope } = context;
  const metric_rules = metricRulesOf(nats, log);
  const plugins = await servicePlugins(context, 'executor');
  const registry = await createExecutors({ metric_rules, config, env, client, manager, telemetry, log, plugins });
  const { executor_names, commands, command_env, runtime, runners_folder, browsers } = registry;
  if (browsers !== undefined) scope.add('browsers', () => browsers.stop());
  const look: Machine['look'] = (classes) =>
    lookAtDevices({
      configured: config.WORKER_DEVICES,
      classes: classes ?? config.WORKER_CLASSES,
      slots: config.WORKER_SLOTS,
      env,
      runtime,
      runners_folder,
      browsers: browsers === undefined ? undefined : () => browsers.look(),
      labels: config.WORKER_LABELS,
      executors: executor_names,
      commands,
      command_env,
    });
  const first = await look(undefined);
  for (const note of first.notes) log.warn(note);
  return { ...registry, look, first };
}

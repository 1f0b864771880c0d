import { CONNECTORS } from '../contracts/notify-receiver.ts';
import type { PluginDescription } from '../contracts/plugin.ts';
import type { PluginKind } from '../contracts/plugin-kinds.ts';
import { STRATEGIES } from '../contracts/scheduler.ts';
import { EXECUTORS } from '../contracts/task.ts';
import { IMPORT_FORMAT_NAMES } from '../import/formats.ts';
import { slipOf } from '../runtime/near-names.ts';

/** Names that Benchwire has itself; `auto` and `plugin` are words of the places where names are written. */
const BUILT_IN: Readonly<Record<PluginKind, readonly string[]>> = {
  executor: EXECUTORS,
  placement_strategy: STRATEGIES,
  connector: CONNECTORS,
  sink: ['clickhouse', 'kafka'],
  import_format: ['auto', ...IMPORT_FORMAT_NAMES],
  report: [],
};

/** Why a plug-in cannot have its name; undefined where it can. Pure. */
export function whyReserved({ kind, name }: Pick<PluginDescription, 'kind' | 'name'>): string | undefined {
  if (BUILT_IN[kind].includes(name)) return `its name ${name} is that of Benchwire's own ${kind.replace('_', ' ')}`;
  // What a request names is taken for a slip of the pen where it is near to a name of ours.
  const near = kind === 'executor' || kind === 'connector' ? slipOf(name, BUILT_IN[kind]) : undefined;
  return near === undefined ? undefined : `its name ${name} is too near to Benchwire's own ${near}: give it another`;
}

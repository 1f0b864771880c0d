import {
  isNeverAllowed,
  refusedVariables,
  refusedVariablesMessage,
} from '@benchwire/shared/contracts/command-environment.ts';
import { filesOutOfReach } from '@benchwire/shared/contracts/request-file.ts';
import { executorNameOf, type Task } from '@benchwire/shared/contracts/task.ts';
import type { Capabilities, Device } from '@benchwire/shared/contracts/worker.ts';
import { memoryOf } from '../fleet/hardware.ts';

/** Which files a worker can have: those of its machine, and where it fetches them those that were sent. */
export type WorkerReach = Pick<Capabilities, 'hostname' | 'fetches_files'>;

/** What a pool offers; every device of a pool offers the same, so one of them stands for all. */
export type Offer = Pick<
  Device,
  | 'pool'
  | 'class'
  | 'memory_gb'
  | 'cuda_compute'
  | 'instruction_sets'
  | 'executors'
  | 'commands'
  | 'command_env'
  | 'labels'
  | 'environment'
> & {
  /** Which files its workers can have; absent where nobody knows. */
  reach?: readonly WorkerReach[];
};

/** What matching looks at in a task; tasks that agree in this are served by the same pools. */
export type Need = Pick<Task, 'executor' | 'requirements' | 'pool' | 'config' | 'files' | 'base_side'> & {
  plugin?: string;
};

/** The environment that an executor measures in, where it needs one. */
const RUNNER_OF: Readonly<Partial<Record<Task['executor'], string>>> = {
  torch: 'torch',
  export: 'torch',
  openvino: 'openvino',
};

/**
 * Why a pool cannot run a task, as a sentence for people; undefined when it can. The one place that decides it, so the
 * answer to "why does my task wait?" is the reason itself.
 */
export function mismatch(need: Need, offer: Offer): string | undefined {
  const { hardware, min_memory_gb, min_cuda_compute, instruction_sets = [], labels } = need.requirements;
  if (need.pool !== null && need.pool !== offer.pool) return `the task is bound to pool ${need.pool}`;
  const { pool } = need.requirements;
  if (pool !== undefined && pool !== offer.pool) return `the task needs pool ${pool}`;
  if (hardware.length > 0 && !hardware.includes(offer.class)) {
    return `needs ${hardware.join(' or ')}, has ${offer.class}`;
  }
  const executor = executorNameOf(need);
  if (!offer.executors.includes(executor)) {
    const environment = RUNNER_OF[need.executor];
    const remedy =
      environment === undefined ? remedyOf(need) : `: "bw runner install ${environment}" on their machine adds it`;
    return `its workers have no ${executor} executor (they have ${offer.executors.join(', ') || 'none'})${remedy}`;
  }
  if (need.executor === 'command') {
    const program = programsOf(need).find((each) => !offer.commands.includes(each));
    if (program !== undefined && !offer.commands.includes('*')) {
      return `its workers do not allow the program "${program}" (they allow ${offer.commands.join(', ') || 'none'}): start one with "bw worker --allow ${program}", or the stack with WORKER_COMMANDS=${[...offer.commands, program].join(',')}`;
    }
    const refused = refusedByOffer(need, offer);
    if (refused.length > 0) {
      return `its workers do not let a task set ${refused.join(', ')}: ${refusedVariablesMessage(refused)}`;
    }
  }
  const out_of_reach = filesOutOfPool(need, offer);
  if (out_of_reach !== undefined) return out_of_reach;
  if (min_memory_gb !== undefined) {
    const memory_gb = memoryOf(offer);
    if ((memory_gb ?? 0) < min_memory_gb) {
      return `needs ${min_memory_gb} GB of memory, has ${memory_gb ?? 'an unknown amount'}`;
    }
  }
  if (min_cuda_compute !== undefined && (offer.cuda_compute ?? 0) < min_cuda_compute) {
    return `needs CUDA compute capability ${min_cuda_compute}, has ${offer.cuda_compute ?? 'none'}`;
  }
  if (instruction_sets.length > 0 && offer.instruction_sets === undefined) {
    return `needs ${instruction_sets.join(', ')}, and the instruction sets of its processor are unknown`;
  }
  const missing = instruction_sets.filter((each) => offer.instruction_sets?.includes(each) !== true);
  if (missing.length > 0) return `needs ${missing.join(', ')}, which its processor does not have`;
  for (const [name, value] of Object.entries(labels)) {
    if (offer.labels[name] !== value) {
      return `needs label ${name}=${value}, has ${offer.labels[name] === undefined ? 'none' : `${name}=${offer.labels[name]}`}`;
    }
  }
  return undefined;
}

/** What makes workers have an executor of a plug-in. */
function remedyOf({ executor }: Need): string {
  return executor === 'plugin' ? ': name a plug-in of that name in the file that BENCHWIRE_PLUGINS names there' : '';
}

/** The program that a `command` task starts; empty for any other. */
export function programOf(need: Need): string {
  return 'command' in need.config ? (need.config.command[0] ?? '') : '';
}

/** The configs of both sides, or of the one that there is. */
const configsOf = ({ config, base_side }: Need): Array<Task['config']> =>
  base_side === undefined ? [config] : [config, base_side.config];

/** Every program that it starts: also those that prepare, and those of the base side. */
function programsOf(need: Need): string[] {
  const all = configsOf(need).flatMap((config) =>
    'command' in config ? [config.command[0] ?? '', ...(config.prepare?.slice(0, 1) ?? [])] : [],
  );
  return [...new Set(all)];
}

/** Names of the variables that a `command` task sets. */
function variablesOf(need: Need): string[] {
  const all = configsOf(need).flatMap((config) => ('command' in config ? Object.keys(config.env ?? {}) : []));
  return [...new Set(all)];
}

/**
 * Variables of a task that other workers could be allowed to let it set. What no worker ever does is left to the worker to
 * refuse, at once; and so is everything where an older one does not say what it allows.
 */
function refusedByOffer(need: Need, { command_env, commands }: Offer): string[] {
  if (command_env === undefined) return [];
  const allowable = variablesOf(need).filter((name) => !isNeverAllowed(name));
  return refusedVariables(allowable, command_env, commands.includes('*'));
}

/** Why no worker of a pool can have the files of a task. */
function filesOutOfPool({ files }: Need, { reach }: Offer): string | undefined {
  if (files === undefined || reach === undefined || reach.length === 0) return undefined;
  const reasons = reach.map((worker) => filesOutOfReach(files, worker));
  const [first] = reasons;
  if (typeof first !== 'string' || reasons.includes(null)) return undefined;
  return `its workers cannot have a file of the task: ${first}`;
}

/** What a pool's workers have to reach, and from which machine. */
function filesSignature({ files = [] }: Need): string[] {
  return [...new Set(files.map(({ local, only_local }) => `${only_local ?? false} ${local?.hostname ?? ''}`))].sort();
}

/** Equal for tasks that every pool answers alike. */
export function needSignature(need: Need): string {
  return JSON.stringify([
    executorNameOf(need),
    need.executor === 'command' ? [programsOf(need), variablesOf(need).toSorted()] : '',
    need.pool,
    need.requirements,
    filesSignature(need),
  ]);
}

import { statfs } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { envAllowOf } from '@benchwire/shared/contracts/command-environment.ts';
import type { WORKER_EXECUTORS, WorkerExecutorName } from '@benchwire/shared/contracts/task.ts';
import { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import type { ServicePlugins } from '@benchwire/shared/plugins/service-plugins.ts';
import { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { runnersFolder } from '@benchwire/shared/runtime/runners-folder.ts';
import { uploadArtifact } from '@benchwire/shared/runtime/upload-artifact.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Browsers } from '../browsers/browsers.ts';
import type { WorkerConfig } from '../config.ts';
import { machineMemoryBytes } from '../devices/host.ts';
import type { Telemetry } from '../telemetry.ts';
import { offeredCommands, resolveAllowlist } from './command/allowlist.ts';
import { type CommandExecutorOptions, createCommandExecutor } from './command/command-executor.ts';
import { type Confinement, probeConfinement } from './command/confinement.ts';
import { ProvenanceReader } from './command/provenance/provenance.ts';
import { findTaskUser } from './command/task-user.ts';
import type { TreeLimits } from './command/tree-watch.ts';
import type { Executor, Executors } from './executor.ts';
import { createNoopExecutor } from './noop.ts';
import { cacheFolder } from './onnx/cache-folder.ts';
import { FetchedFiles } from './onnx/fetched-files.ts';
import { guardedFetch } from './onnx/guarded-fetch.ts';
import { createOnnxExecutor, type OnnxExecutorOptions } from './onnx/onnx-executor.ts';
import type { OnnxRuntime } from './onnx/onnx-runtime.ts';
import { allowedHosts } from './onnx/public-addresses.ts';
import { probeOnnxRuntime } from './onnx/runtime-probe.ts';
import { createPluginExecutor } from './plugin-executor.ts';
import { createQuantizeExecutor } from './quantize/quantize-executor.ts';
import { findRunner } from './runner/environments.ts';
import { createExportExecutor } from './runner/export-executor.ts';
import { createOpenvinoExecutor } from './runner/openvino-executor.ts';
import type { RunnerOptions } from './runner/runner-options.ts';
import { createTorchExecutor } from './runner/torch-executor.ts';
import type { StoreArtifact } from './store-model.ts';

/** A measuring process that is silent for this long hangs. */
const HANG_SECONDS = 300;
/** What a task may use of the machine's memory unless the configuration says otherwise. */
const MEMORY_SHARE = 0.8;
const BYTES_PER_MB = 1024 ** 2;

export interface RegistryOptions {
  config: WorkerConfig;
  /** The process's own environment. */
  env: Readonly<Record<string, string | undefined>>;
  client: JetStreamClient;
  manager: JetStreamManager;
  telemetry: Telemetry;
  metric_rules: CommandExecutorOptions['metric_rules'];
  log: Log;
  plugins: ServicePlugins;
}

/** What the fleet is told beside the names of the executors. */
interface Offered {
  /** What the fleet is told of the programs that `command` may start. */
  commands: string[];
  /** What the fleet is told of the variables that a task may set for them. */
  command_env: string[];
  /** How programs are confined; undefined where `command` is not offered. */
  confinement: Confinement | undefined;
  /** ONNX Runtime, where `onnx` is offered. */
  runtime: OnnxRuntime | undefined;
  /** Where the environments of runners are, which may be installed at any time; undefined where no executor needs one. */
  runners_folder: string | undefined;
  /** The browsers that WORKER_BROWSERS names; undefined where it names none, or none can be used. */
  browsers: Browsers | undefined;
}

export interface Registry extends Offered {
  executors: Executors;
  /** Names that the worker announces: plug-ins by their own. */
  executor_names: string[];
}

type OwnExecutorName = (typeof WORKER_EXECUTORS)[number];

interface Made<Name extends WorkerExecutorName> {
  executor: Executor<Name>;
  offered?: Partial<Offered>;
}

/** How each executor is made; undefined where the machine or the configuration cannot run it. */
const MAKERS: { readonly [Name in OwnExecutorName]: (options: RegistryOptions) => Promise<Made<Name> | undefined> } = {
  onnx: onnxExecutor,
  torch: torchExecutor,
  command: commandExecutor,
  quantize: quantizeExecutor,
  export: exportExecutor,
  openvino: openvinoExecutor,
  noop: async ({ config }) => ({ executor: createNoopExecutor({ may_exit: config.WORKER_NOOP_MAY_EXIT }) }),
};

/** The executors that this worker offers: those that the configuration wants and the machine can run. */
export async function createExecutors(options: RegistryOptions): Promise<Registry> {
  const { config } = options;
  let executors: Executors = {};
  let offered: Offered = {
    commands: [],
    command_env: envAllowOf(config.WORKER_COMMAND_ENV_ALLOW),
    confinement: undefined,
    runtime: undefined,
    runners_folder: undefined,
    browsers: undefined,
  };
  for (const name of new Set(config.WORKER_EXECUTORS)) {
    const made = await MAKERS[name](options);
    if (made === undefined) continue;
    executors = { ...executors, [name]: made.executor };
    offered = { ...offered, ...made.offered };
  }
  const own = Object.keys(executors);
  const { plugins } = options.plugins;
  if (plugins.length > 0) executors = { ...executors, plugin: pluginExecutor(options) };
  return { executors, executor_names: [...own, ...plugins.map(({ name }) => name)], ...offered };
}

function pluginExecutor({ plugins, metric_rules, env }: RegistryOptions): Executor<'plugin'> {
  return createPluginExecutor({ plugins: plugins.plugins, metric_rules, env, onFault: plugins.fault });
}

async function onnxExecutor(options: RegistryOptions): Promise<Made<'onnx'> | undefined> {
  const { env, log } = options;
  const browsers = await openBrowsers(options);
  const probed = await probeOnnxRuntime(env);
  if (!probed.ok) {
    log.warn(`the onnx executor is not offered, since onnxruntime-node can't be loaded: ${probed.reason}`);
    return undefined;
  }
  const { runtime } = probed;
  const providers = new Set(runtime.backends.map(({ name }) => name));
  const executor = createOnnxExecutor({ providers, browsers, ...modelOptions(options) });
  return { executor, offered: { runtime, browsers } };
}

/** Nothing of it is loaded, and nothing starts, where WORKER_BROWSERS is empty. */
async function openBrowsers({ config, env, log }: RegistryOptions): Promise<Browsers | undefined> {
  if (config.WORKER_BROWSERS.length === 0) return undefined;
  const { Browsers } = await import('../browsers/browsers.ts');
  const opened = await Browsers.open(config.WORKER_BROWSERS, env, (text) => log.info(text));
  if (!('missing' in opened)) return opened;
  log.warn(`no browser is offered: ${opened.missing}`);
  return undefined;
}

/** Compares outputs with ONNX Runtime, so it is offered where that is there. */
async function quantizeExecutor(options: RegistryOptions): Promise<Made<'quantize'> | undefined> {
  const { env, client, manager, log } = options;
  const probed = await probeOnnxRuntime(env);
  if (!probed.ok) {
    log.warn(`the quantize executor is not offered, since onnxruntime-node can't be loaded: ${probed.reason}`);
    return undefined;
  }
  return { executor: createQuantizeExecutor({ ...modelOptions(options), store: storeOf(client, manager) }) };
}

function storeOf(client: JetStreamClient, manager: JetStreamManager): StoreArtifact {
  const store = new ArtifactStore(manager);
  return async ({ sha256, size_bytes }, content, signal) => {
    await uploadArtifact({ store, client, sha256, size_bytes, content, signal, may_remove: false });
  };
}

/** Where models come from, and what the process that runs one may use. */
function modelOptions({ config, env, manager, log }: RegistryOptions): Omit<OnnxExecutorOptions, 'providers'> {
  const folder = cacheFolder(config.WORKER_CACHE_DIR, env);
  return {
    model_folders: config.WORKER_MODEL_DIRS,
    hidden_folders: config.WORKER_COMMAND_HIDE,
    cache_folder: folder,
    hashes: new FileHashes(),
    fetched: new FetchedFiles({
      cache_folder: folder,
      max_bytes: config.WORKER_FILES_MAX_MB * 1024 ** 2,
      store: new ArtifactStore(manager),
    }),
    max_download_bytes: config.WORKER_MAX_MODEL_MB * 1024 ** 2,
    fetch: guardedFetch(allowedHosts(config.WORKER_MODEL_URL_ALLOW)),
    onUnreachable: (url, reason) => log.warn({ url, reason }, 'a model could not be downloaded'),
    hang_seconds: HANG_SECONDS,
    max_memory_mb: maxMemoryMb(config),
    env,
  };
}

/** Made also where it is not installed yet: devices offer it as soon as it is. */
async function torchExecutor(options: RegistryOptions): Promise<Made<'torch'>> {
  const { runners_folder } = runnerOptions(options);
  if ((await findRunner(runners_folder, 'torch')) === undefined)
    options.log.info(
      `the executors torch and export are not offered until PyTorch is there: "bw runner install torch" puts it into ${runners_folder}`,
    );
  return { executor: createTorchExecutor(runnerOptions(options)), offered: { runners_folder } };
}

async function exportExecutor(options: RegistryOptions): Promise<Made<'export'>> {
  const { client, manager } = options;
  const runner = runnerOptions(options);
  const executor = createExportExecutor({ ...runner, store: storeOf(client, manager) });
  return { executor, offered: { runners_folder: runner.runners_folder } };
}

async function openvinoExecutor(options: RegistryOptions): Promise<Made<'openvino'>> {
  const runner = runnerOptions(options);
  const executor = createOpenvinoExecutor({ ...modelOptions(options), ...runner });
  return { executor, offered: { runners_folder: runner.runners_folder } };
}

function runnerOptions({ config, env }: RegistryOptions): RunnerOptions {
  return {
    runners_folder: runnersFolder({ ...env, WORKER_RUNNERS_DIR: config.WORKER_RUNNERS_DIR }),
    hang_seconds: HANG_SECONDS,
    max_memory_mb: maxMemoryMb(config),
    env,
  };
}

async function commandExecutor(options: RegistryOptions): Promise<Made<'command'> | undefined> {
  const { config, env, client, telemetry, log } = options;
  const path = env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
  const allowlist = await resolveAllowlist(config.WORKER_COMMANDS, path);
  for (const entry of allowlist.missing)
    log.warn(`WORKER_COMMANDS names "${entry}", which is not a program on this machine`);
  const commands = offeredCommands(allowlist);
  if (commands.length === 0) {
    log.info('the command executor is not offered, since WORKER_COMMANDS allows no program');
    return undefined;
  }
  const confinement = await probeConfinement({
    isolation: config.WORKER_COMMAND_ISOLATION,
    hidden: config.WORKER_COMMAND_HIDE,
    user: await findTaskUser(config.WORKER_COMMAND_USER),
  });
  logConfinement(confinement, log);
  if (!mayRun(confinement, config)) {
    log.error(
      'the command executor is not offered, since this machine cannot do what WORKER_COMMAND_ISOLATION or WORKER_COMMAND_USER asks for',
    );
    return undefined;
  }
  const limits = await treeLimits(config);
  log.info(
    `a program may use ${limits.max_memory_mb} MB of memory, ${limits.max_processes} processes at once, and ${limits.max_disk_mb} MB in its folder`,
  );
  const executor = createCommandExecutor({
    metric_rules: options.metric_rules,
    allowlist,
    path,
    lang: env.LANG,
    own_env: env,
    env: config.WORKER_COMMAND_ENV,
    env_allow: envAllowOf(config.WORKER_COMMAND_ENV_ALLOW),
    confinement,
    provenance: new ProvenanceReader({
      hashes: new FileHashes(),
      hidden: config.WORKER_COMMAND_HIDE,
      user: confinement.user,
    }),
    limits,
    max_output_bytes: config.WORKER_COMMAND_MAX_OUTPUT_MB * 1024 ** 2,
    grace_ms: config.WORKER_KILL_GRACE_SECONDS * 1000,
    reject: async (attempt_id, raw, issues, number) => {
      telemetry.rejected('metric_line');
      await reject(client, 'metric_line', { subject: attempt_id, raw, id: `line.${attempt_id}.${number}` }, issues);
    },
  });
  return { executor, offered: { commands, confinement } };
}

function logConfinement({ isolation, ends_all, guards_signals, hidden, notes }: Confinement, log: Log): void {
  const parts = [
    ends_all ? 'every process of a program ends with it' : undefined,
    isolation === null ? undefined : `programs are kept apart by ${isolation}`,
    guards_signals ? 'they can send signals to their own processes only' : undefined,
    hidden.length === 0 ? undefined : `they do not see ${hidden.join(', ')}`,
  ].filter((part) => part !== undefined);
  if (parts.length > 0) log.info(parts.join('; '));
  for (const note of notes) log.warn(note);
}

function mayRun(confinement: Confinement, config: WorkerConfig): boolean {
  if (config.WORKER_COMMAND_USER !== undefined && confinement.isolation === null) return false;
  return config.WORKER_COMMAND_ISOLATION !== 'require' || (confinement.hides_credentials && confinement.ends_all);
}

/** What one task may use: what is configured, else what fits this machine. */
async function treeLimits(config: WorkerConfig): Promise<TreeLimits> {
  const { bavail, bsize } = await statfs(tmpdir());
  const half_of_free_mb = Math.floor((bavail * bsize) / BYTES_PER_MB / 2);
  return {
    max_memory_mb: maxMemoryMb(config),
    max_processes: config.WORKER_COMMAND_MAX_PROCESSES ?? Math.max(256, 32 * availableParallelism()),
    max_disk_mb: config.WORKER_COMMAND_MAX_DISK_MB ?? Math.min(20_480, Math.max(64, half_of_free_mb)),
  };
}

function maxMemoryMb(config: WorkerConfig): number {
  return config.WORKER_MAX_MEMORY_MB ?? Math.max(16, Math.floor((machineMemoryBytes() / BYTES_PER_MB) * MEMORY_SHARE));
}

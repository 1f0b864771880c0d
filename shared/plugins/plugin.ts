import type { ImportedStatistic } from '../contracts/imported.ts';
import type { PLUGIN_API_VERSION, PluginKind, SinkStream } from '../contracts/plugin-kinds.ts';
import type { RunReport } from '../report/run-report.ts';

/** What every manifest has: the default export of a module. */
interface Manifest<Kind extends PluginKind, Config> {
  api_version: typeof PLUGIN_API_VERSION;
  kind: Kind;
  /** As requests, rules and options name it: small letters, digits, `-`, `_`. */
  name: string;
  /** For people. */
  title: string;
  /** A zod schema of `config` in the file of plug-ins. */
  configuration: ConfigurationSchema<Config>;
}

/** As far as a zod schema of any version is needed: plug-ins bring their own. */
export interface ConfigurationSchema<Config> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: Config }
    | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
}

/** A metric of a benchmark: single values, or one number and what it is of them. */
export interface PluginMetric {
  unit?: string;
  better?: 'lower' | 'higher';
  values?: number[];
  value?: number;
  statistic?: ImportedStatistic;
  min?: number;
  max?: number;
  stddev?: number;
  count?: number;
}

/** What an import format reads of a file. */
export interface PluginImport {
  benchmarks: {
    name: string;
    parameters?: Record<string, string | number | boolean>;
    model?: string;
    precision?: string;
    metrics: Record<string, PluginMetric>;
  }[];
  /** The machine, and its facts whose change begins another history. */
  device?: { name: string; facts?: Record<string, string | number> };
  source?: { commit?: string; branch?: string; repo?: string };
  /** ISO 8601. */
  measured_at?: string;
}

/** A tool's output format, for `bw import` and `POST /api/import`. */
export interface ImportFormatPlugin<Config = unknown> extends Manifest<'import_format', Config> {
  /** Null for a file of another format: `--format auto` asks every plug-in. An error says what is wrong with the file. */
  read(input: { file: string; text: string; config: Config }): PluginImport | null | Promise<PluginImport | null>;
}

/** A report of a run, for `bw report --plugin NAME`. */
export interface ReportPlugin<Config = unknown> extends Manifest<'report', Config> {
  /** Without the dot. */
  file_ending: string;
  render(input: { report: RunReport; config: Config }): string | Promise<string>;
}

/** A message of the notifier, as it is now; a later revision of the same message has the same `message_id`. */
export interface PluginNotification {
  /** The same for every attempt at this revision: the other side can tell a repetition by it. */
  key: string;
  message_id: string;
  revision: number;
  /** What `deliver` gave for the revision before, for edits; null for the first one. */
  external_id: string | null;
  title: string;
  severity: string;
  /** Why it is sent: `test`, or how alerts began, changed or ended. */
  reason: string;
  items: {
    title: string;
    state: string;
    facts: { label: string; text: string }[];
    labels: Record<string, string>;
    /** Null where the notifier has no DASHBOARD_URL. */
    url: string | null;
    /** Measures it again. */
    command: string | null;
  }[];
  /** All of it as plain text. */
  text: string;
}

/** A way out to people and their tools: `connector: NAME` in the rules of notifications. */
export interface ConnectorPlugin<Config = unknown, Settings = unknown> extends Manifest<'connector', Config> {
  /** A zod schema of a receiver's `settings`; `bw notify check` says what does not fit. */
  receiver: ConfigurationSchema<Settings>;
  /** The secrets that a receiver has to name, each as a variable or a file of the notifier. */
  secrets?: string[];
  /**
   * Sends one revision of a message.
   * @returns what the other side calls the message, or nothing
   * @throws an error is tried again, later each time; `refused(…)` is not, and `later(…)` says when
   */
  deliver(input: {
    message: PluginNotification;
    settings: Settings;
    secrets: Record<string, string>;
    config: Config;
    /** Aborts when the notifier stops. */
    signal: AbortSignal;
  }): string | null | undefined | Promise<string | null | undefined>;
}

/** One message of a stream: docs/streams.md has its forms. */
export interface PluginRecord {
  stream: SinkStream;
  /** The same whenever it comes again. */
  id: string;
  value: Record<string, unknown>;
}

/** Somewhere that results go: gets every message of its streams, at least once, in order. */
export interface SinkPlugin<Config = unknown> extends Manifest<'sink', Config> {
  streams: SinkStream[];
  /** Returns when all of it is stored; what it throws brings the same messages again. `refused(…)` puts them into REJECTED. */
  write(input: { records: PluginRecord[]; config: Config; signal: AbortSignal }): void | Promise<void>;
}

/** What an executor is to do. */
export interface PluginTask<Settings> {
  run_id: string;
  task_id: string;
  attempt: number;
  benchmark: string;
  config: Settings;
  timeout_seconds: number;
  source: { commit?: string | undefined; branch?: string | undefined } | null;
  /** Where it shall run: its class and the variables that show it alone. */
  device: { device_id: string; class: string; name: string; memory_gb: number | null };
}

/** What an executor says at its end, beside the samples. */
export interface PluginResult {
  /** Facts that results depend on, such as versions: `{ tensorrt_version: '10.3' }`. */
  environment?: Record<string, string | number | boolean | null>;
  precision?: string;
  scenario?: string;
  /** Why nothing real was measured; such results get no findings. */
  simulated?: string;
}

/** Runs tasks with `executor: NAME` in a worker, each in a process of its own. */
export interface ExecutorPlugin<Config = unknown, Settings = unknown> extends Manifest<'executor', Config> {
  /** A zod schema of a task's `config`. */
  task: ConfigurationSchema<Settings>;
  /** @throws an error fails the attempt, which is tried again; `refused(…)` fails the task */
  execute(input: {
    task: PluginTask<Settings>;
    config: Config;
    /** Aborts when the task is cancelled or has taken too long. */
    signal: AbortSignal;
    /** Hands on what was measured, in order of time; resolves when there is room for more. */
    samples(
      metric: string,
      values: readonly number[],
      about?: { unit?: string; better?: 'lower' | 'higher' },
    ): Promise<void>;
    /** A sentence on the whole result. */
    note(text: string): void;
  }): PluginResult | undefined | Promise<PluginResult | undefined>;
}

/** A kind of work that waits, and the pools that could take it. */
export interface PlacementQuestion {
  work: {
    /** Tasks that differ in nothing that counts here share it. */
    id: string;
    executor: string;
    benchmark: string;
    config: Record<string, unknown>;
  }[];
  pools: {
    pool: string;
    class: string;
    slots: number;
    /** Attempts that run or stand ready there. */
    busy: number;
    labels: Record<string, string>;
  }[];
  /** By id of work and pool: how long an attempt is expected to take, in milliseconds. */
  expected_ms: Record<string, Record<string, number>>;
}

/** Which pool gets a task; `SCHEDULER_STRATEGY=NAME`. The order among tasks is the scheduler's. */
export interface PlacementStrategyPlugin<Config = unknown> extends Manifest<'placement_strategy', Config> {
  /**
   * How well work suits pools, by id of work and pool: 1 where it suits best, 2 where it is twice as costly, null for never. The answer
   * counts for 2 s; what is not in it counts as 1.
   */
  score(
    input: PlacementQuestion & { config: Config },
  ): Record<string, Record<string, number | null>> | Promise<Record<string, Record<string, number | null>>>;
}

export type Plugin =
  // biome-ignore lint/suspicious/noExplicitAny: a plug-in of any configuration
  | ImportFormatPlugin<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  | ReportPlugin<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  | ConnectorPlugin<any, any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  | SinkPlugin<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  | ExecutorPlugin<any, any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  | PlacementStrategyPlugin<any>;

/** An error where trying again cannot help. */
export function refused(message: string): Error {
  return Object.assign(new Error(message), { retriable: false });
}

/** An error of another side that takes nothing for a while. */
export function later(message: string, seconds: number): Error {
  return Object.assign(new Error(message), { retry_after_seconds: seconds });
}

/** A plug-in's default export, each of its kind: gives its functions their types. */
export const defineImportFormat = <Config>(plugin: ImportFormatPlugin<Config>): ImportFormatPlugin<Config> => plugin;
export const defineReport = <Config>(plugin: ReportPlugin<Config>): ReportPlugin<Config> => plugin;
export const defineConnector = <Config, Settings>(
  plugin: ConnectorPlugin<Config, Settings>,
): ConnectorPlugin<Config, Settings> => plugin;
export const defineSink = <Config>(plugin: SinkPlugin<Config>): SinkPlugin<Config> => plugin;
export const defineExecutor = <Config, Settings>(
  plugin: ExecutorPlugin<Config, Settings>,
): ExecutorPlugin<Config, Settings> => plugin;
export const definePlacementStrategy = <Config>(
  plugin: PlacementStrategyPlugin<Config>,
): PlacementStrategyPlugin<Config> => plugin;

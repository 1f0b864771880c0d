import type { ImportedStatistic } from '../contracts/imported.ts';
import type { RunReport } from '../report/run-report.ts';

/** What a plug-in is written against, published as `@benchwire/plugin`. A breaking change is another number. */
export const PLUGIN_API_VERSION = 1;

/** The kinds that can be loaded from a module. */
export const PLUGIN_KINDS = ['import_format', 'report'] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** What every manifest has. */
interface Manifest<Kind extends PluginKind, Config> {
  api_version: typeof PLUGIN_API_VERSION;
  kind: Kind;
  /** As options name it: small letters, digits, `-`, `_`. */
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

/** A tool's output format, for `bw import`. */
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

export type Plugin<Config = unknown> = ImportFormatPlugin<Config> | ReportPlugin<Config>;

/** A plug-in's default export: gives its functions their types. */
export function defineImportFormat<Config>(plugin: ImportFormatPlugin<Config>): ImportFormatPlugin<Config> {
  return plugin;
}
export function defineReport<Config>(plugin: ReportPlugin<Config>): ReportPlugin<Config> {
  return plugin;
}

import type { Environment } from '../contracts/hardware.ts';
import type { ImportedConfig, ImportedMetric } from '../contracts/imported.ts';
import type { Source } from '../contracts/request.ts';

/** A file as formats see it. */
export interface ImportInput {
  /** For messages. */
  file: string;
  text: string;
  /** What the text is as JSON; undefined where it is none. */
  json: unknown;
}

/** What a user says about a file's columns, where the format has no fixed ones (csv). */
export interface ImportMapping {
  name_column?: string | undefined;
  value_column?: string | undefined;
  unit_column?: string | undefined;
  /** The metric's name, its unit and which way is better, where no column says it. */
  metric?: string | undefined;
  unit?: string | undefined;
  better?: 'lower' | 'higher' | undefined;
}

/** One benchmark of a file. */
export interface ImportedBenchmark {
  name: string;
  parameters: NonNullable<ImportedConfig['parameters']>;
  model?: string | undefined;
  precision?: string | undefined;
  metrics: Record<string, ImportedMetric>;
  notes: string[];
}

/** What a file says, in the one form that all formats are read into. */
export interface ImportedFile {
  format: string;
  benchmarks: ImportedBenchmark[];
  device: FileDevice | undefined;
  /** Of the software, where the file names no machine. */
  facts: Environment;
  source: Pick<Source, 'commit' | 'branch' | 'repo' | 'author'>;
  /** ISO 8601 in UTC with milliseconds; undefined where the file does not say. */
  measured_at: string | undefined;
  /** What of the file was left out or changed, for people. */
  notes: string[];
}

/** The machine as a file describes it. */
export interface FileDevice {
  name: string;
  facts: Environment;
  /** Facts whose change begins another history. */
  identity: string[];
}

/** A tool's output format: one file each in formats/, listed in formats.ts. Pure. */
export interface ImportFormat {
  /** As `--format` takes it, and part of the series' name. */
  name: string;
  title: string;
  /** Whether a file is of this format, from its structure; cheap. */
  detect(input: ImportInput): boolean;
  /** @throws ImportError for a file that is not of this format, or holds nothing that can be imported */
  parse(input: ImportInput, mapping: ImportMapping): ImportedFile;
}

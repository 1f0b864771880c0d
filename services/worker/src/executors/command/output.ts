import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { ExecutorContext } from '../executor.ts';
import { taskError } from './errors.ts';
import { type Line, LineSplitter, MAX_LINE_BYTES } from './line-splitter.ts';
import { looksLikeMetric, parseLine } from './metric-line.ts';
import { MetricSummary } from './metric-summary.ts';

/** Unreadable metric lines of one attempt that are kept in REJECTED and told in the notes; the rest are counted. */
const MAX_REJECTED_LINES = 20;
const MAX_NOTED_LINES = 3;

export interface OutputOptions {
  context: Pick<ExecutorContext, 'emit' | 'log'>;
  max_bytes: number;
  /** Keeps an unreadable metric line for people to look at. */
  reject: (raw: string, issues: readonly Issue[], number: number) => Promise<void>;
  /** The output breaks a limit: the program has to end. Called once. */
  onFailure: (error: TaskError) => void;
}

/** What a program prints: metric lines become points, everything else log lines. */
export class ProgramOutput {
  readonly summary: MetricSummary = new MetricSummary();
  readonly #options: OutputOptions;
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  #bytes = 0;
  #rejected = 0;
  readonly #problems: string[] = [];
  #failed = false;
  #lastErrorLine = '';

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  get lastErrorLine(): string {
    return this.#lastErrorLine;
  }

  /** Whether any line was a metric point, or was meant to be one. */
  get hasMetrics(): boolean {
    return this.#rejected > 0 || this.summary.results() !== undefined;
  }

  /** Takes a chunk, or the end of a stream. Resolves when there is room for more. */
  async take(stream: 'stdout' | 'stderr', chunk: Buffer | undefined): Promise<void> {
    if (this.#failed) return;
    this.#bytes += chunk?.length ?? 0;
    if (this.#bytes > this.#options.max_bytes) {
      const most = Math.round(this.#options.max_bytes / 1024 ** 2);
      const message = `the program printed more than ${most} MiB: print less, or raise WORKER_COMMAND_MAX_OUTPUT_MB on the worker`;
      this.#fail(taskError('bad_input', 'OUTPUT_TOO_LARGE', message, false));
      return;
    }
    const splitter = this.#splitters[stream];
    const lines = chunk === undefined ? splitter.end() : splitter.push(chunk);
    if (stream === 'stderr') for (const line of lines) this.#logError(line);
    else await this.#takeLines(lines);
  }

  notes(): string[] {
    const notes = [...this.#problems];
    if (this.#rejected > notes.length)
      notes.push(`${this.#rejected - notes.length} more metric lines were not readable`);
    return [...notes, ...this.summary.notes()];
  }

  #logError(line: Line): void {
    if (line.text.trim() !== '') this.#lastErrorLine = line.text;
    this.#log(line);
  }

  #log(line: Line): void {
    this.#options.context.log(line.cut ? `${line.text} … (a line of more than 1 MiB, cut)` : line.text);
  }

  async #takeLines(lines: readonly Line[]): Promise<void> {
    const now = Date.now();
    // A chunk holds many lines of a busy program: merged here, they cost one call per metric.
    const columns = new Map<string, MetricColumns>();
    for (const line of lines) {
      if (line.cut) {
        if (await this.#takeCutLine(line)) return;
        continue;
      }
      const parsed = parseLine(line.text);
      switch (parsed.kind) {
        case 'text':
          this.#log(line);
          break;
        case 'invalid':
          this.#log(line);
          await this.#rejectLine(line.text, parsed.issues);
          break;
        case 'point':
          if (this.summary.add(parsed.metric, parsed.unit, parsed.value)) this.#collect(columns, parsed, now);
          break;
        default:
          parsed satisfies never;
      }
    }
    for (const column of columns.values()) await this.#options.context.emit(column);
  }

  #collect(
    columns: Map<string, MetricColumns>,
    point: { metric: string; value: number; unit: string | null },
    now: number,
  ): void {
    const key = `${point.metric}\u0000${point.unit ?? ''}`;
    let column = columns.get(key);
    if (column === undefined) {
      column = { metric: point.metric, unit: point.unit, batch_size: null, times_ms: [], values: [] };
      columns.set(key, column);
    }
    column.times_ms.push(now);
    column.values.push(point.value);
  }

  /** A measurement that is lost spoils the task, so it fails; text of any length is only text. True when it failed. */
  async #takeCutLine(line: Line): Promise<boolean> {
    if (!looksLikeMetric(line.text)) {
      this.#log(line);
      return false;
    }
    const message = `a metric line is longer than ${MAX_LINE_BYTES / 1024 ** 2} MiB: print one {"metric": …, "value": …} per line; it begins with ${line.text.slice(0, 200)}`;
    this.#log({ text: line.text.slice(0, 1000), cut: true });
    const error = taskError('bad_input', 'METRIC_LINE_TOO_LONG', message, false);
    this.#fail(error);
    this.#rejected++;
    await this.#options.reject(line.text, [{ path: '(message)', code: error.code, message }], this.#rejected);
    return true;
  }

  async #rejectLine(text: string, issues: readonly Issue[]): Promise<void> {
    this.#rejected++;
    if (this.#problems.length < MAX_NOTED_LINES) {
      const why = issues
        .map(({ path, message }) => (path === '(message)' ? message : `${path}: ${message}`))
        .join('; ');
      this.#problems.push(`a metric line was not readable: ${why.slice(0, 300)}; the line: ${text.slice(0, 200)}`);
    }
    if (this.#rejected <= MAX_REJECTED_LINES) await this.#options.reject(text, issues, this.#rejected);
  }

  #fail(error: TaskError): void {
    this.#failed = true;
    this.#options.onFailure(error);
  }
}

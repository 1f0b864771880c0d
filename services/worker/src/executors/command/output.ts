import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { MetricRule } from '@benchwire/shared/contracts/metric-catalogue.ts';
import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { MetricFactsMap } from '@benchwire/shared/contracts/task.ts';
import { type Line, LineSplitter, MAX_LINE_BYTES } from '@benchwire/shared/runtime/line-splitter.ts';
import type { ExecutorContext } from '../executor.ts';
import { OutputDecoder } from './decode-output.ts';
import { JsonBlock } from './json-block.ts';
import { looksLikeMetric, mentionsMetric, type ParsedLine, type Point, parseLine } from './metric-line.ts';
import { MetricSummary } from './metric-summary.ts';
import { NotTaken } from './not-taken.ts';

/** Unreadable metric lines of one attempt that are kept in REJECTED. */
const MAX_REJECTED_LINES = 20;

export interface OutputOptions {
  context: Pick<ExecutorContext, 'emit' | 'log'>;
  max_bytes: number;
  /** What the task says about its metrics. */
  metrics?: MetricFactsMap | undefined;
  /** What the stack says about metrics. */
  rules?: readonly MetricRule[] | undefined;
  /** Numbers in text are told as not taken: not for tests, which print how many passed. */
  looks_at_text?: boolean | undefined;
  /** Keeps an unreadable metric line for people to look at. */
  reject: (raw: string, issues: readonly Issue[], number: number) => Promise<void>;
  /** The output breaks a limit: the program has to end. Called once. */
  onFailure: (error: TaskError) => void;
}

/** Points of one chunk of output, merged per metric: they cost one call each then. */
type Columns = Map<string, MetricColumns>;

/** What a program prints: metric lines become points, everything else log lines. */
export class ProgramOutput {
  readonly summary: MetricSummary;
  readonly #options: OutputOptions;
  readonly #streams = {
    stdout: { decoder: new OutputDecoder(), splitter: new LineSplitter() },
    stderr: { decoder: new OutputDecoder(), splitter: new LineSplitter() },
  };
  readonly #block = new JsonBlock();
  readonly #not_taken = new NotTaken();
  #bytes = 0;
  #failed = false;
  #lastErrorLine = '';

  constructor(options: OutputOptions) {
    this.#options = options;
    this.summary = new MetricSummary(options.metrics, options.rules);
  }

  get lastErrorLine(): string {
    return this.#lastErrorLine;
  }

  /** Whether any line was a metric point, or was meant to be one. */
  get hasMetrics(): boolean {
    return this.#not_taken.unreadable > 0 || this.summary.results() !== undefined;
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
    const { decoder, splitter } = this.#streams[stream];
    const lines = splitter.push(decoder.push(chunk));
    if (chunk === undefined) lines.push(...splitter.end());
    if (stream === 'stderr') {
      for (const line of lines) this.#logError(line);
      return;
    }
    const columns: Columns = new Map();
    await this.#takeLines(lines, columns);
    if (chunk === undefined) for (const line of this.#block.end()) await this.#takeLine(line, columns);
    for (const column of columns.values()) await this.#options.context.emit(column);
  }

  /** What there is to know about the attempt: first of all, what was not taken as a metric. */
  notes(): string[] {
    const { names, values } = this.summary.taken();
    return [...this.#not_taken.notes(names, values), ...this.summary.notes()];
  }

  #logError(line: Line): void {
    if (line.text.trim() !== '' && !line.overwritten) this.#lastErrorLine = line.text;
    if (line.text.includes('{') && mentionsMetric(line.text)) this.#not_taken.addOnStderr(line.text);
    this.#log(line);
  }

  #log(line: Line): void {
    // On a terminal the next line takes its place.
    if (line.overwritten) return;
    this.#options.context.log(line.cut ? `${line.text} … (a line of more than 1 MiB, cut)` : line.text);
  }

  async #takeLines(lines: readonly Line[], columns: Columns): Promise<void> {
    for (const line of lines) {
      if (this.#failed) return;
      const gathered = this.#block.push(line);
      if (gathered.kind === 'held') continue;
      if (gathered.kind === 'whole') {
        const parsed = parseLine(gathered.text);
        if (parsed.points.length > 0 || parsed.issues.length > 0) {
          await this.#takeParsed({ text: gathered.text, cut: false, overwritten: false }, parsed, columns);
          continue;
        }
      }
      for (const each of gathered.lines) await this.#takeLine(each, columns);
    }
  }

  async #takeLine(line: Line, columns: Columns): Promise<void> {
    if (line.cut) await this.#takeCutLine(line);
    else await this.#takeParsed(line, parseLine(line.text), columns);
  }

  async #takeParsed(line: Line, { points, issues }: ParsedLine, columns: Columns): Promise<void> {
    const now = Date.now();
    for (const point of points) this.#collect(columns, point, now);
    if (issues.length > 0) {
      this.#log(line);
      await this.#reject(line.text, issues);
    } else if (points.length === 0) {
      this.#log(line);
      if (!line.overwritten && this.#options.looks_at_text !== false) this.#not_taken.lookAt(line.text);
    }
  }

  #collect(columns: Columns, point: Point, now: number): void {
    const kept = this.summary.add(point);
    if (kept === undefined) return;
    const key = `${kept.name}\u0000${kept.unit ?? ''}`;
    let column = columns.get(key);
    if (column === undefined) {
      const metric = kept.name.slice(0, 256);
      column = { metric, unit: kept.unit, batch_size: null, times_ms: [], values: [] };
      columns.set(key, column);
    }
    column.times_ms.push(now);
    column.values.push(kept.value);
  }

  /** A measurement that is lost spoils the task, so it fails; text of any length is only text. */
  async #takeCutLine(line: Line): Promise<void> {
    if (!looksLikeMetric(line.text)) {
      this.#log(line);
      if (mentionsMetric(line.text))
        await this.#reject(line.text.slice(0, 1000), [
          { path: '(message)', code: 'too_long', message: `longer than ${MAX_LINE_BYTES / 1024 ** 2} MiB` },
        ]);
      return;
    }
    const message = `a metric line is longer than ${MAX_LINE_BYTES / 1024 ** 2} MiB: print one {"metric": …, "value": …} per line; it begins with ${line.text.slice(0, 200)}`;
    this.#log({ text: line.text.slice(0, 1000), cut: true, overwritten: false });
    const error = taskError('bad_input', 'METRIC_LINE_TOO_LONG', message, false);
    this.#fail(error);
    await this.#reject(line.text, [{ path: '(message)', code: error.code, message }]);
  }

  async #reject(text: string, issues: readonly Issue[]): Promise<void> {
    this.#not_taken.addUnreadable(text, issues);
    const { unreadable } = this.#not_taken;
    if (unreadable <= MAX_REJECTED_LINES) await this.#options.reject(text, issues, unreadable);
  }

  #fail(error: TaskError): void {
    this.#failed = true;
    this.#options.onFailure(error);
  }
}

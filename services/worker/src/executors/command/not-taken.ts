import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { wordsOf } from '@benchwire/shared/metric/name.ts';
import { metricInText } from './metric-in-text.ts';

/** Lines of each kind that are told in the notes; the rest are counted. */
const MAX_NOTED_LINES = 3;
/** Lines of text that are looked at for numbers that look like metrics; a program that prints more has told enough. */
const MAX_LOOKED_AT = 20_000;
const MAX_TEXT_LINE = 4000;
const SHOWN_CHARACTERS = 200;

/** Counts what a person would take for a metric and that was not taken, for notes. Bounded in memory and time. */
export class NotTaken {
  readonly #unreadable: string[] = [];
  #unreadable_count = 0;
  #on_stderr = 0;
  #stderr_example = '';
  readonly #texts = new Map<string, { line: string; value: string }>();
  #text_count = 0;
  #looked_at = 0;

  /** Metric objects that were not readable so far. */
  get unreadable(): number {
    return this.#unreadable_count;
  }

  addUnreadable(line: string, issues: readonly Issue[]): void {
    this.#unreadable_count++;
    if (this.#unreadable.length >= MAX_NOTED_LINES) return;
    const why = issues
      .slice(0, 5)
      .map(({ path, message }) => (path === '(message)' ? message : `${path}: ${message}`))
      .join('; ');
    this.#unreadable.push(
      `a metric line was not readable: ${why.slice(0, 300)}; the line: ${line.slice(0, SHOWN_CHARACTERS)}`,
    );
  }

  addOnStderr(line: string): void {
    this.#on_stderr++;
    if (this.#stderr_example === '') this.#stderr_example = line.trim().slice(0, SHOWN_CHARACTERS);
  }

  /** A line of text: `Throughput: 41.3 tok/s`, `{'loss': 0.4, 'epoch': 1}`. */
  lookAt(line: string): void {
    if (line.length > MAX_TEXT_LINE || this.#looked_at >= MAX_LOOKED_AT || !/\d/.test(line)) return;
    this.#looked_at++;
    const found = metricInText(line);
    if (found === undefined) return;
    this.#text_count++;
    if (this.#texts.size < MAX_NOTED_LINES * 4 && !this.#texts.has(found.name))
      this.#texts.set(found.name, { line: line.trim().slice(0, SHOWN_CHARACTERS), value: found.value });
  }

  /**
   * @param taken - names of the metrics that were taken
   * @param values - their last values: a number that was also reported as a metric needs no word
   */
  notes(taken: Iterable<string>, values: ReadonlySet<number>): string[] {
    const notes = [...this.#unreadable];
    if (this.#unreadable_count > notes.length)
      notes.push(`${this.#unreadable_count - notes.length} more metric lines were not readable`);
    if (this.#on_stderr > 0)
      notes.push(
        `${this.#on_stderr} metric line${this.#on_stderr === 1 ? ' was' : 's were'} printed on standard error and not taken: print them on standard output; the first: ${this.#stderr_example}`,
      );
    const names = new Set([...taken].map((name) => wordsOf(name).join('_')));
    const left = [...this.#texts].filter(
      ([name, { value }]) => !names.has(name) && !values.has(Number(value.replaceAll(/[,_]/g, ''))),
    );
    if (left.length > 0) {
      const [[name = '', { line, value }] = ['', { line: '', value: '' }]] = left;
      const lines = left
        .slice(0, MAX_NOTED_LINES)
        .map(([, each]) => `"${each.line}"`)
        .join(', ');
      const more = this.#text_count > MAX_NOTED_LINES ? ` (${this.#text_count} such lines)` : '';
      notes.push(
        `numbers that look like metrics were not taken: ${line === '' ? '' : lines}${more}; print them as {"metric": "${name}", "value": ${value.replaceAll(/[,_]/g, '')}}`,
      );
    }
    return notes;
  }
}

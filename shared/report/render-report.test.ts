import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse, parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { renderReport } from './render-report.ts';
import type { RunReport } from './run-report.ts';

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant(hostile), fc.constant("' onload='x"));
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const count = fc.integer({ min: 0, max: 1000 });
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const at = fc.constant('2026-11-25T10:00:00.000Z');

const reports = fc.record({
  run: fc.record({
    ...{ run_id: fc.constant('019ab000-0000-7000-8000-00000000000a'), name: text, state: fc.constant('finished') },
    ...{ accepted_at: at, finished_at: nullable(at), source: text, tags: fc.dictionary(text, text, { maxKeys: 3 }) },
    ...{ total: count, waiting: count, running: count, completed: count, failed: count, timed_out: count },
    ...{ cancelled: count, lost: count },
  }),
  tasks: fc.array(
    fc.record({
      ...{ task_id: text, state: fc.constant('failed'), attempt: count, worker_id: text, error_class: text },
      ...{ error_code: text, error_message: text, note: text },
    }),
    { maxLength: 4 },
  ),
  results: fc.array(
    fc.record({
      ...{
        task_id: fc.constantFrom('a', hostile),
        model: text,
        benchmark: text,
        precision: text,
        pool: text,
        unit: text,
      },
      ...{
        metric: fc.constantFrom('latency_ms', 'memory_mb', hostile),
        batch_size: nullable(fc.constantFrom(1, 2, 4)),
      },
      ...{ value: number, ci_low: nullable(number), ci_high: nullable(number), samples: count, worker_id: text },
      ...{ steady: nullable(fc.boolean()), is_simulated: fc.boolean(), commit: text, branch: text, fingerprint: text },
    }),
    { maxLength: 8 },
  ),
  distributions: fc.array(
    fc.record({
      ...{ task_id: fc.constantFrom('a', hostile), metric: fc.constant('latency_ms'), unit: text },
      ...{ batch_size: nullable(fc.constantFrom(1, 2)), min: number, bars_to: number, counts: fc.array(count) },
    }),
    { maxLength: 3 },
  ),
  findings: fc.array(
    fc.record({ kind: fc.constant('regression'), state: fc.constantFrom('confirmed', 'dismissed'), message: text }),
    { maxLength: 3 },
  ),
  fed_inputs: fc.array(
    fc.record({
      ...{ task_id: text, attempt: count, batch_size: count },
      inputs: fc.dictionary(
        text,
        fc.record({ type: text, shape: fc.array(count), values: text, guessed: fc.boolean() }),
      ),
    }),
    { maxLength: 3 },
  ),
  test_counts: fc.array(
    fc.record({ task_id: text, total: count, passed: count, failed: count, errors: count, skipped: count }),
    { maxLength: 3 },
  ),
  test_cases: fc.array(
    fc.record({
      ...{ task_id: text, class: text, name: text, file: text, message: text, seconds: nullable(number) },
      state: fc.constantFrom('passed', 'failed', 'error', 'skipped'),
    }),
    { maxLength: 4 },
  ),
  request: fc.record({ text: nullable(text), reason: text }),
  made_at: at,
  version: fc.constant('0.1.0'),
  cut: fc.array(fc.record({ what: text, told: count }), { maxLength: 2 }),
}) as unknown as fc.Arbitrary<RunReport>;

type Node = DefaultTreeAdapterTypes.Node;

function elementsOf(node: Node): DefaultTreeAdapterTypes.Element[] {
  const below = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return 'attrs' in node ? [node, ...below] : below;
}

describe('a report', () => {
  it('is a whole document without a script, a handler or anything from elsewhere, whatever the names are', () => {
    fc.assert(
      fc.property(reports, (report) => {
        const problems: string[] = [];
        const document = parse(renderReport(report), { onParseError: ({ code }) => void problems.push(code) });
        expect(problems).toEqual([]);
        for (const { tagName, attrs } of elementsOf(document)) {
          expect(['script', 'img', 'iframe', 'link', 'object', 'embed']).not.toContain(tagName);
          for (const { name } of attrs) expect(name).not.toMatch(/^on|^src$|^href$|^style$/);
        }
      }),
    );
  });

  it('says what is simulated, what was not steady and what was left out', () => {
    const [report] = fc.sample(reports, { numRuns: 1, seed: 1 });
    if (report === undefined) throw new Error('no sample');
    const [result] = fc.sample(reports, { numRuns: 50, seed: 2 }).flatMap(({ results }) => results);
    const text = renderReport({
      ...report,
      results: [
        { ...result, task_id: 'a', metric: 'latency_ms', batch_size: 2, steady: false, is_simulated: true },
      ] as never,
      cut: [{ what: 'tasks', told: 5000 }],
    });
    expect(text).toContain('Some of these numbers are simulated');
    expect(text).toContain('1 measurement was not steady');
    expect(text).toContain('Only the first 5,000 tasks are told.');
    expect(parseFragment(text)).toBeDefined();
  });
});

import { readImportFile } from '@benchwire/shared/import/read-file.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricOf, reportWith, verdictWith } from '../../test-support/ci-report.ts';
import { junitFile } from '../results/verdict-formats.ts';
import { type CiReport, ciReport, judge } from './ci-report.ts';
import { reportCtrf } from './ctrf.ts';
import { reportMarkdown } from './markdown.ts';
import { serviceMessages } from './service-messages.ts';

const accepted = { by: 'ann', reason: 'wanted' };

describe('what a report comes to', () => {
  it.each<[string, CiReport, string, string, boolean]>([
    ['slower', reportWith([metricOf('slower'), metricOf('no_change')]), 'slower', 'failure', true],
    ['slower, a warning', reportWith([metricOf('slower', { gate: 'warn' })]), 'slower', 'neutral', true],
    [
      'slower, accepted',
      reportWith([metricOf('slower', { gate: 'pass', accepted }), metricOf('no_change')]),
      'no_change',
      'success',
      false,
    ],
    [
      'slower, not counted',
      reportWith([metricOf('slower', { gate: 'report' }), metricOf('no_change')]),
      'no_change',
      'success',
      false,
    ],
    ['changed', reportWith([metricOf('changed', { gate: 'warn' })]), 'changed', 'neutral', true],
    ['faster', reportWith([metricOf('faster'), metricOf('no_change')]), 'faster', 'success', true],
    [
      'faster, and one that cannot be decided',
      reportWith([metricOf('faster'), metricOf('cannot_tell')]),
      'faster',
      'neutral',
      true,
    ],
    ['no change', reportWith([metricOf('no_change')]), 'no_change', 'success', false],
    ['cannot tell', reportWith([metricOf('cannot_tell'), metricOf('no_change')]), 'cannot_tell', 'neutral', false],
    [
      'cannot tell, where the gate fails',
      reportWith([metricOf('cannot_tell', { gate: 'fail' })]),
      'cannot_tell',
      'failure',
      false,
    ],
    ['only new', reportWith([metricOf('new')]), 'cannot_tell', 'neutral', false],
    [
      'no verdict',
      reportWith([], { verdict: null, no_verdict: 'the results are not stored yet' }),
      'cannot_tell',
      'neutral',
      false,
    ],
    [
      'a failed task',
      reportWith([metricOf('no_change')], { tasks: { total: 2, completed: 1 } }),
      'failed',
      'failure',
      true,
    ],
  ])('%s', (_, report, kind, conclusion, deserves_comment) => {
    expect(judge(report)).toMatchObject({ kind, conclusion, deserves_comment });
  });

  it('says how many more runs would tell', () => {
    expect(judge(reportWith([metricOf('cannot_tell')])).title).toBe('1 of 1 metric cannot tell: 8 more pairs would');
  });
});

describe('the comment', () => {
  it('has change, interval and the smallest change that would be seen', () => {
    const text = reportMarkdown(reportWith([metricOf('slower'), metricOf('faster'), metricOf('no_change')]), 65_535);
    expect(text).toContain('### ❌ benchwire: decoder');
    expect(text).toContain(
      '| slower | +7.4 % | +6.4 % to +8.4 % | 2.3 % | decode latency\\_ms at batch 1 | 10.74 ms | 10 ms | fail |',
    );
    expect(text).toContain('| faster | -6.1 %');
    expect(text).toMatch(/<details><summary>1 unchanged<\/summary>[\s\S]*\| unchanged \| \+0\.2 %[\s\S]*<\/details>/);
    expect(text).toContain('https://bench.example.com/runs/');
  });

  it('never calls people, adds markup or is longer than the limit, and is cut by whole rows, whatever the names are', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 200 });
    const kind = fc.constantFrom('slower', 'faster', 'changed', 'no_change', 'cannot_tell', 'new' as const);
    const metrics = fc.array(fc.tuple(kind, name, name), { maxLength: 120 });
    fc.assert(
      fc.property(metrics, name, fc.integer({ min: 4000, max: 65_535 }), (rows, note, limit) => {
        const all = rows.map(([verdict, task_id, metric]) => metricOf(verdict, { task_id, metric }));
        const text = reportMarkdown(reportWith(all, { notes: [`@everyone ${note}`] }), limit);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
        expect(text).not.toMatch(/@\w/);
        const cells = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| verdict'));
        // Eight cells, ended by a bar that is not escaped.
        for (const line of cells) expect(line.replace(/\\[\\|]/g, '').split('|')).toHaveLength(10);
        const shown = all.filter(({ verdict }) => verdict !== 'new').length;
        const left = Number(/^([\d,]+) more rows?: \[all of them\]/m.exec(text)?.[1]?.replace(',', '') ?? 0);
        expect(cells.length + left).toBe(shown);
      }),
      { numRuns: 60 },
    );
  });
});

describe('files', () => {
  const report = reportWith(
    [
      metricOf('slower', { reason: '7 % <above>' }),
      metricOf('cannot_tell', { metric: 'load_ms' }),
      metricOf('faster', { gate: 'report' }),
    ],
    {
      tasks: { total: 2, completed: 1 },
      failures: [{ task_id: 'encode', status: 'failed', message: "it's [gone]\nü" }],
    },
  );

  it('JUnit', () => {
    const text = junitFile(report);
    expect(text).toContain('tests="3" failures="2" skipped="1"');
    expect(text).toContain('<testcase classname="tasks" name="encode"><failure message="failed">');
    expect(text).toContain('7 % &lt;above&gt;');
  });

  it('CTRF, which the import of this format reads', () => {
    const text = reportCtrf(report);
    const { results } = JSON.parse(text) as { results: { summary: object; tests: Array<{ status: string }> } };
    expect(results.summary).toEqual({
      ...{ tests: 3, passed: 0, failed: 2, skipped: 1, pending: 0, other: 0 },
      ...{ start: Date.parse(report.started_at), stop: Date.parse(report.finished_at) },
    });
    expect(results.tests.map(({ status }) => status)).toEqual(['failed', 'failed', 'skipped']);
    const passed = reportCtrf(reportWith([metricOf('no_change')]));
    const read = readImportFile({ file: 'ctrf.json', bytes: Buffer.from(passed), format: 'auto', mapping: {} });
    expect([read.format, read.benchmarks.length]).toEqual(['ctrf', 1]);
  });

  it("TeamCity's messages, escaped", () => {
    const lines = serviceMessages(report);
    expect(lines[0]).toBe("##teamcity[testSuiteStarted name='benchwire: decoder']");
    expect(lines).toContain("##teamcity[testFailed name='encode' message='failed' details='it|'s |[gone|]|n|0x00fc']");
    expect(lines).toContain(
      "##teamcity[testIgnored name='decoder: decode load_ms at batch 1' message='measured in this run']",
    );
    expect(lines.at(-1)).toBe("##teamcity[buildStatus text='1 task of 2 did not complete']");
    for (const line of lines) expect(line).toMatch(/^##teamcity\[\w+( \w+='(\|.|[^'|[\]])*')+\]$/);
  });

  it('an artifact is read back as it was', () => {
    expect(ciReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(verdictWith([metricOf('slower')]).outcome).toBe('fail');
  });
});

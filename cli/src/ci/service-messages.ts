import { nameOf } from '../results/verdict-lines.ts';
import { type CiReport, countedMetrics, judge } from './ci-report.ts';

/**
 * TeamCity's service messages, a line each: a test for each metric that counts, its value for charts of the build, and the verdict as the
 * build's status.
 */
export function serviceMessages(report: CiReport): string[] {
  const suite = { name: report.name };
  const lines = [message('testSuiteStarted', suite)];
  for (const { task_id, status, message: why } of report.failures) {
    lines.push(
      message('testStarted', { name: task_id }),
      message('testFailed', { name: task_id, message: status, details: why }),
      message('testFinished', { name: task_id }),
    );
  }
  for (const metric of countedMetrics(report)) {
    const name = `${metric.benchmark}: ${nameOf(metric)}`;
    if (metric.verdict === 'cannot_tell' && metric.gate !== 'fail')
      lines.push(message('testIgnored', { name, message: metric.reason }));
    else {
      lines.push(message('testStarted', { name }));
      if (metric.gate === 'fail')
        lines.push(message('testFailed', { name, message: metric.verdict, details: metric.reason }));
      lines.push(message('testFinished', { name }));
    }
    lines.push(message('buildStatisticValue', { key: name, value: String(metric.value) }));
  }
  return [...lines, message('testSuiteFinished', suite), message('buildStatus', { text: judge(report).title })];
}

const ESCAPED: Readonly<Record<string, string>> = {
  '\n': '|n',
  '\r': '|r',
  "'": "|'",
  '|': '||',
  '[': '|[',
  ']': '|]',
};

/** A value as TeamCity reads it: other characters than ASCII by their UTF-16 code. */
const escaped = (value: string): string =>
  value.replace(/[\n\r'|[\]]|[^\x20-\x7e]/g, (sign) => {
    return ESCAPED[sign] ?? `|0x${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

function message(name: string, attributes: Readonly<Record<string, string>>): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}='${escaped(value)}'`);
  return `##teamcity[${name}${written.join('')}]`;
}

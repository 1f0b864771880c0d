import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { type Outcome, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';
import { shortRunId } from '../connection/find-run.ts';
import { outcomeWords, stateMark } from '../progress/task-words.ts';
import { paintKind } from '../results/findings-table.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine } from '../terminal/text-width.ts';

/** The time of day, in the user's time zone: `14:03:07`. */
export function stamp(at: string): string {
  return new Date(at).toTimeString().slice(0, 8);
}

export function outcomeLine(outcome: Outcome, style: Style, withRun: boolean): string {
  const run = withRun ? `${shortRunId(outcome.run_id)}  ` : '';
  const attempt = outcome.attempt > 1 || !outcomeIsFinal(outcome) ? ` (attempt ${outcome.attempt})` : '';
  const follows = outcomeIsFinal(outcome) ? '' : style.yellow(', another attempt follows');
  return `${style.dim('outcome ')}  ${run}${stateMark(outcome.status, style)} ${outcome.task_id}${attempt}  ${outcomeWords(outcome)}${follows}`;
}

export function eventLine(event: BenchEvent, style: Style, withRun: boolean): string {
  const run = withRun && event.run_id !== null ? `${shortRunId(event.run_id)}  ` : '';
  const subject = event.task_id ?? (event.entity === 'run' ? '' : (event.worker_id ?? event.pool ?? ''));
  const words = [event.entity, event.kind.replaceAll('_', ' '), subject].filter((word) => word !== '').join(' ');
  const message = event.message === '' ? '' : `  ${style.dim(oneLine(event.message))}`;
  return `${style.dim('event   ')}  ${run}${oneLine(words)}${message}`;
}

export function findingLine(finding: Finding, style: Style): string {
  return `${style.dim('finding ')}  ${paintKind(finding.kind, finding.kind, style)}  ${oneLine(finding.message)}`;
}

import { formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine, wrap } from '../terminal/text-width.ts';

/** A task that did not complete, from an outcome or from a row of the query `tasks`. */
export interface Failure {
  task_id: string;
  status: string;
  attempt: number;
  pool: string;
  error_class: string;
  error_code: string;
  error_message: string;
}

const SHOWN = 20;

/** Each failed task with the class, code and message of its error; alike ones are counted, not repeated. */
export function failureLines(failures: readonly Failure[], style: Style, width: number | undefined): string[] {
  const groups = new Map<string, { first: Failure; ids: string[] }>();
  for (const failure of failures) {
    const key = `${failure.status} ${failure.error_class} ${failure.error_code} ${failure.error_message}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: failure, ids: [failure.task_id] });
    else group.ids.push(failure.task_id);
  }
  const lines = [...groups.values()].slice(0, SHOWN).flatMap(({ first, ids }) => {
    const more = ids.length > 1 ? ` and ${formatNumber(ids.length - 1)} more` : '';
    const kind = [first.error_class, first.error_code].filter((part) => part !== '').join(' ');
    const attempts = first.attempt > 1 ? `, attempt ${first.attempt}` : '';
    const where = first.pool === '' ? '' : `, on ${first.pool}`;
    const words = `${first.status.replace('_', ' ')}${kind === '' ? '' : ` (${oneLine(kind)})`}${attempts}${where}`;
    const head = `${style.red('✗')} ${style.bold(first.task_id)}${more}  ${words}`;
    const message =
      first.error_message === '' ? [] : wrap(oneLine(first.error_message), Math.max(40, (width ?? 120) - 4));
    return [head, ...message.map((line) => `    ${line}`)];
  });
  if (groups.size > SHOWN) lines.push(style.dim(`and ${formatNumber(groups.size - SHOWN)} other errors`));
  return lines;
}

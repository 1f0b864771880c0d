import { formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine, wrap } from '../terminal/text-width.ts';

/** Something to know about a task though it completed: a metric line that was not readable, batch sizes left out. */
export interface Noted {
  task_id: string;
  note: string;
}

const SHOWN = 20;

/** Each note with the task that it is about; alike ones are counted, not repeated. */
export function noteLines(noted: readonly Noted[], style: Style, width: number | undefined): string[] {
  const tasks_by_note = new Map<string, string[]>();
  for (const { task_id, note } of noted) {
    if (note === '') continue;
    const ids = tasks_by_note.get(note);
    if (ids === undefined) tasks_by_note.set(note, [task_id]);
    else ids.push(task_id);
  }
  const lines = [...tasks_by_note].slice(0, SHOWN).flatMap(([note, [first = '', ...others]]) => {
    const more = others.length > 0 ? ` and ${formatNumber(others.length)} more` : '';
    const text = wrap(oneLine(note), Math.max(40, (width ?? 120) - 4));
    return [`${style.yellow('!')} ${style.bold(first)}${more}`, ...text.map((line) => `    ${line}`)];
  });
  if (tasks_by_note.size > SHOWN) lines.push(style.dim(`and ${formatNumber(tasks_by_note.size - SHOWN)} other notes`));
  return lines;
}

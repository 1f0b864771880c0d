import type { Source } from '@benchwire/shared/contracts/request.ts';
import { settingsOf } from '@benchwire/shared/contracts/settings.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { isRecord } from '@benchwire/shared/runtime/is-record.ts';

/** One thing in which a task is another one than the last time under its name. */
export interface Difference {
  /** `env.BUILD_ID`, `command[3]`, `unit of step_time`, `fingerprint`. */
  field: string;
  from: string;
  to: string;
  /** It stands in the task's config, so `not_in_series` can name it. */
  is_config: boolean;
  /** The value is the run's own commit or branch: written as `{commit}` or `{branch}` it would begin no series. */
  placeholder?: 'commit' | 'branch';
}

/** A task whose results begin a history, although its name had another one. */
export interface NewSeries {
  task_id: string;
  earlier_run_id: string;
  /** Completed attempts that its results are not compared with. */
  earlier_attempts: number;
  /** Empty where the earlier request was not kept. */
  differences: Difference[];
}

const SHOWN_CHARACTERS = 60;
const SECRET = /token|secret|passw|credential|api_?key|private/i;

/** Fields of two tasks' configs that differ and are part of the series, each by its place. Pure. */
export function configDifferences(before: Task, after: Task, source: Source | null = null): Difference[] {
  const [old, now] = [before, after].map((task) => new Map(settingsOf(task, 'not_in_variant')));
  if (old === undefined || now === undefined) return [];
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .flatMap((name) => inValue(name, old.get(name), now.get(name)))
    .map((each) => ({ ...each, ...placeholderFor(each, source) }));
}

function placeholderFor({ field, to }: Difference, source: Source | null): Pick<Difference, 'placeholder'> {
  if (!/^(command|env)\b/.test(field)) return {};
  for (const name of ['commit', 'branch'] as const) {
    const value = source?.[name];
    // A commit is often cut short.
    const shortest = name === 'commit' ? value?.slice(0, 7) : value;
    if (shortest !== undefined && shortest.length >= 3 && to.includes(shortest)) return { placeholder: name };
  }
  return {};
}

function inValue(place: string, before: unknown, after: unknown): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return after.flatMap((value, at) => inValue(`${place}[${at}]`, before[at], value));
  if (isRecord(before ?? {}) && isRecord(after ?? {}) && (isRecord(before) || isRecord(after))) {
    const [old, now] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>];
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return names.flatMap((name) => inValue(`${place}.${name}`, old[name], now[name]));
  }
  return [{ field: place, from: shown(place, before), to: shown(place, after), is_config: true }];
}

function shown(place: string, value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (SECRET.test(place)) return '…';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

const MAX_DIFFERENCES = 5;

/** What a person should know about it, in sentences. */
export function newSeriesWords({ earlier_run_id, earlier_attempts, differences }: NewSeries): string {
  const results = earlier_attempts === 1 ? 'its earlier result is' : `its ${earlier_attempts} earlier results are`;
  const rest = differences.length - MAX_DIFFERENCES;
  const listed = differences
    .slice(0, MAX_DIFFERENCES)
    .map(({ field, from, to }) => `${field} differs (${from}, now ${to})`)
    .join(', ');
  const what =
    differences.length === 0
      ? 'which setting differs is not known, since the earlier request was not kept'
      : `${listed}${rest > 0 ? `, and ${rest} more` : ''}`;
  const filled = differences.flatMap(({ field, placeholder }) =>
    placeholder === undefined ? [] : [`{${placeholder}} in ${field}`],
  );
  const places = differences
    .filter((each) => each.is_config && each.placeholder === undefined)
    .map(({ field }) => field);
  const remedy =
    places.length === 0
      ? ''
      : `. If that says nothing about what is measured: not_in_series: [${places.slice(0, MAX_DIFFERENCES).join(', ')}]`;
  const write =
    filled.length === 0
      ? ''
      : `. Write ${filled.slice(0, MAX_DIFFERENCES).join(', ')}: it is filled in for each run, and the series goes on`;
  return `a new series, ${results} not compared with it: ${what} since run ${earlier_run_id.slice(0, 13)}${write}${remedy}`;
}

import { checkSubmission } from '@benchwire/shared/contracts/check-submission.ts';
import type { Issue, Source } from '@benchwire/shared/contracts/request.ts';
import { asRequest } from '@benchwire/shared/contracts/submission.ts';
import { isRecord } from '@benchwire/shared/runtime/is-record.ts';
import { count } from '../terminal/numbers.ts';

/** What may be in the way of a base side, and is no mistake of the request: these tasks are compared with their histories. */
const WITHOUT_BASE = new Set(['base_is_the_same', 'base_and_skip_if_fresh', 'unknown_field']);

interface CompareOptions {
  /** What is measured. */
  source: Source;
  /** What it is compared with; undefined for a commit of a main line, which follows on its history. */
  base: { commit: string; branch?: string | undefined } | undefined;
  /** Whether what cannot be decided is measured again where the request says nothing else. */
  repeats: boolean;
}

export interface ComparedRequest {
  /** The request as it is submitted. */
  value: unknown;
  /** How it is compared, where that is not what one may expect. */
  notes: string[];
}

/**
 * A request whose head is compared with a base: measured beside it, by turns on one device in one lease, as far as its tasks have a base
 * side; the others are compared with the history of their series. Pure.
 * @param written - a request that was checked before
 */
export function comparedRequest(written: unknown, { source, base, repeats }: CompareOptions): ComparedRequest {
  const own = asRequest(written).request as Record<string, unknown>;
  const gate = isRecord(own.gate) ? own.gate : {};
  const request = {
    ...own,
    source,
    ...(repeats && gate.on_cannot_tell === undefined ? { gate: { ...gate, on_cannot_tell: 'repeat' } } : {}),
  };
  if ('base' in own || base === undefined) return { value: request, notes: [] };
  const { commit, branch } = base;
  return withBase(request, { commit, ...(branch === undefined ? {} : { branch }) });
}

function withBase(request: Record<string, unknown>, base: { commit: string; branch?: string }): ComparedRequest {
  const tasks = request.tasks as Array<Record<string, unknown>>;
  const compared = { ...request, base };
  const checked = checkSubmission({ value: compared, sources: new Map() });
  if (checked.ok) return { value: compared, notes: [] };
  const alone = new Set(checked.issues.map(taskWithoutBase));
  // Whatever else is wrong then is not about the base, and the stack says it.
  if (alone.has(undefined)) return { value: request, notes: [byHistory(tasks.length, tasks.length)] };
  const rest = tasks.map((task, index) => (alone.has(index) ? { ...task, base: false } : task));
  if (rest.every((task) => task.base === false))
    return { value: request, notes: [byHistory(tasks.length, tasks.length)] };
  const value = { ...compared, tasks: rest };
  const again = checkSubmission({ value, sources: new Map() });
  return again.ok
    ? { value, notes: [byHistory(alone.size, tasks.length)] }
    : { value: request, notes: [byHistory(tasks.length, tasks.length)] };
}

function taskWithoutBase({ code, path }: Issue): number | undefined {
  const index = /^tasks\[(\d+)\]/.exec(path)?.[1];
  return index !== undefined && WITHOUT_BASE.has(code) ? Number(index) : undefined;
}

const byHistory = (some: number, all: number): string =>
  `${some === all ? 'The tasks are' : `${count(some, 'task')} of ${all} ${some === 1 ? 'is' : 'are'}`} compared with the history of their series: nothing in them depends on the commit, so head and base cannot be measured side by side (\`{commit}\` in prepare, command or env, or \`base\` of the task).`;

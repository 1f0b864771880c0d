import type { FaultTolerance } from '@benchwire/shared/contracts/fault-tolerance.ts';

/** Bars of one class or pool: for each stretch of time when it began, in milliseconds since 1970, and the attempts that failed in it. */
export interface FailureBars {
  /** `others` for all that are not among the first. */
  name: string;
  bars: Array<[at_ms: number, attempts: number]>;
  total: number;
}

/** As many as there are colours to tell them apart, with what is left as one more. */
const MAX_NAMES = 6;

/** Failed attempts over time, those of the most frequent classes or pools first; the rest is added up at the end. Pure. */
export function failuresOverTime(
  { failures }: Pick<FaultTolerance, 'failures'>,
  by: 'error_class' | 'pool',
): FailureBars[] {
  const totals = new Map<string, number>();
  for (const cell of failures) totals.set(cell[by], (totals.get(cell[by]) ?? 0) + cell.attempts);
  const names = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  const shown = names.length <= MAX_NAMES + 1 ? names : names.slice(0, MAX_NAMES);
  const of = (name: string, has: (name: string) => boolean): FailureBars => {
    const bars = new Map<number, number>();
    for (const { at, attempts } of failures.filter((each) => has(each[by]))) {
      bars.set(Date.parse(at), (bars.get(Date.parse(at)) ?? 0) + attempts);
    }
    const sorted = [...bars].sort(([a], [b]) => a - b);
    return { name, bars: sorted, total: sorted.reduce((sum, [, attempts]) => sum + attempts, 0) };
  };
  const first = shown.map((name) => of(name, (each) => each === name));
  return shown.length === names.length ? first : [...first, of('others', (each) => !shown.includes(each))];
}

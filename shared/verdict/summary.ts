import type { MetricVerdict, UndecidedValue, VerdictKind } from '../contracts/verdict.ts';

export const VERDICT_WORDS = {
  slower: 'slower',
  faster: 'faster',
  changed: 'changed',
  no_change: 'unchanged',
  cannot_tell: 'cannot tell',
  new: 'new',
} as const satisfies Record<VerdictKind, string>;

/** A verdict in words: known and accepted ones as such. */
export function wordsOf({ verdict, known_regression, accepted }: MetricVerdict): string {
  const word = VERDICT_WORDS[verdict];
  if (verdict !== 'slower' && verdict !== 'changed') return word;
  if (accepted !== null) return `${word}, accepted`;
  return known_regression === null ? word : `${word}, known`;
}

/** A run's verdict in one line: `2 of 14 metrics slower, 11 unchanged, 1 cannot tell: 12 more runs would`. */
export function summaryOf(
  counting: readonly MetricVerdict[],
  not_decided: ReadonlyArray<Pick<UndecidedValue, 'counts'>> = [],
): string {
  const left_out = not_decided.filter((each) => each.counts).length;
  const undecided = left_out === 0 ? '' : `${left_out} not decided: not what the source says`;
  if (counting.length === 0)
    return undecided || 'no metric counts: none was measured, or which way is better is not known';
  const of = (kind: VerdictKind): MetricVerdict[] => counting.filter(({ verdict }) => verdict === kind);
  const metrics = counting.length === 1 ? '1 metric' : `${counting.length} metrics`;
  const parts = (Object.keys(VERDICT_WORDS) as VerdictKind[]).flatMap((kind) => {
    const these = of(kind);
    if (these.length === 0) return [];
    const known = kind === 'slower' ? these.filter(({ known_regression }) => known_regression !== null).length : 0;
    const accepted = kind === 'slower' ? these.filter((each) => each.accepted !== null).length : 0;
    const notes = [...(known > 0 ? [`${known} known`] : []), ...(accepted > 0 ? [`${accepted} accepted`] : [])];
    return [`${these.length} ${VERDICT_WORDS[kind]}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`];
  });
  const [first = '', ...others] = parts;
  const [number = '', ...words] = first.split(' ');
  return `${[`${number} of ${metrics} ${words.join(' ')}`, ...others].join(', ')}${moreRuns(of('cannot_tell'))}${undecided === '' ? '' : `, ${undecided}`}`;
}

function moreRuns(these: readonly MetricVerdict[]): string {
  const sized = these.filter(({ more_repetitions }) => more_repetitions !== null);
  if (sized.length === 0) return '';
  const most = Math.max(...sized.map(({ more_repetitions }) => more_repetitions ?? 0));
  const thing = sized.every(({ baseline }) => baseline?.pairs !== undefined) ? 'pair' : 'run';
  return `: ${most} more ${most === 1 ? thing : `${thing}s`} would`;
}

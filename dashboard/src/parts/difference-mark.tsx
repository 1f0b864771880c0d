import type { ComparedDifference } from '@benchwire/shared/contracts/comparison.ts';
import type { ReactNode } from 'react';

const VERDICTS: Record<ComparedDifference['verdict'], { sign: string; word: string; tone: string }> = {
  better: { sign: '▲', word: 'better', tone: 'completed' },
  worse: { sign: '▼', word: 'worse', tone: 'failed' },
  different: { sign: '◆', word: 'different', tone: 'timed_out' },
  same: { sign: '≈', word: 'noise', tone: 'waiting' },
  unknown: { sign: '?', word: 'unknown', tone: 'waiting' },
};

/** The verdict of a comparison as a sign and a word; the tooltip has the numbers. */
export function DifferenceMark({
  difference,
}: {
  difference: Pick<ComparedDifference, 'verdict' | 'sentence'> | null;
}): ReactNode {
  if (difference === null) return '–';
  const { sign, word, tone } = VERDICTS[difference.verdict];
  return (
    <span className="bw-status" data-tone={tone} title={difference.sentence}>
      <span aria-hidden>{sign}</span>
      {word}
    </span>
  );
}

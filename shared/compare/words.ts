import type { ComparedCell, ComparedDifference, ComparedRow, Verdict } from '../contracts/comparison.ts';
import { fourDigits } from '../format/number.ts';
import { MIN_HISTORY, MIN_REPEATED } from './judge-difference.ts';

/** `+12.3 %`, `-0.04 %`: two digits that mean something, without an exponent. */
export const percent = (value: number): string => {
  const digits = Math.abs(value) >= 0.095 || value === 0 ? 1 : 2;
  return `${value > 0 ? '+' : ''}${value.toFixed(digits)} %`;
};

/** `1 value`, `12 values`. */
export const count = (of: number, one: string): string => `${of} ${one}${of === 1 ? '' : 's'}`;

export const runs = (of: number): string => count(of, 'run');

const VERDICTS: Record<Verdict, string> = {
  better: 'better, and more than noise',
  worse: 'worse, and more than noise',
  different: 'different, and more than noise',
  same: 'no more than noise',
  unknown: 'whether that is more than noise is not known',
};

const UNKNOWN_NOISE = `how much one run differs from the next is not known before ${MIN_HISTORY} runs of the series, or ${MIN_REPEATED} a side: repeat them`;

/** One difference in a sentence, with the numbers and what the noise was taken from. */
export function describeDifference(
  { unit }: Pick<ComparedRow, 'unit'>,
  first: ComparedCell | null,
  cell: ComparedCell | null,
  difference: Omit<ComparedDifference, 'sentence'>,
  noise_percent: number | null,
): string {
  if (first === null || cell === null) return 'Measured on one side only.';
  const { verdict, change_percent, change_low_percent, change_high_percent } = difference;
  const interval =
    change_low_percent === null || change_high_percent === null
      ? ''
      : ` (95 % interval ${percent(change_low_percent)} to ${percent(change_high_percent)})`;
  const change = change_percent === null ? '' : `, ${percent(change_percent)}${interval}`;
  return `${fourDigits(cell.value)} ${unit} against ${fourDigits(first.value)} ${unit}${change}: ${VERDICTS[verdict]}; ${why(first, cell, difference, noise_percent)}.`;
}

function why(
  first: ComparedCell,
  cell: ComparedCell,
  { verdict, basis, adjusted_p_value }: Omit<ComparedDifference, 'sentence'>,
  noise_percent: number | null,
): string {
  const chance =
    adjusted_p_value === null
      ? ''
      : `, adjusted p ${adjusted_p_value < 0.001 ? '< 0.001' : adjusted_p_value.toFixed(3)}`;
  switch (basis) {
    case 'repeated_runs':
      return `from ${runs(cell.runs)} against ${runs(first.runs)}${chance}`;
    case 'history':
      return `this series moves by ${noise_percent === null ? 'its noise' : percent(Math.abs(noise_percent)).replace('+', '')} from run to run (standard deviation)${chance}`;
    case 'samples':
      return verdict === 'same'
        ? `the samples of both runs agree${chance}`
        : `the samples of these two runs differ, but ${UNKNOWN_NOISE}`;
    default:
      return UNKNOWN_NOISE;
  }
}

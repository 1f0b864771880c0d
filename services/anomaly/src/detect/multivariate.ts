import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '@benchwire/shared/stats/mad.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';

/** How unusual a row of measurements is beside the rows before it. */
export interface Unusualness {
  /** Squared Mahalanobis distance of the robust scores. */
  score: number;
  /** What it exceeds by chance once in about 10,000 rows (chi square, Wilson and Hilferty 1931). */
  limit: number;
  /** Distance of each measurement from its median, in units of its own noise, and both of these. */
  z_scores: number[];
  centers: number[];
  scales: number[];
}

/** Rows before a row is judged, for each measurement. */
const ROWS_PER_COLUMN = 4;
const MIN_ROWS = 20;
/** Quantile of the standard normal for 1 in 10,000. */
const RARE_Z = 3.719;
/** Scores are cut here: one measurement alone is what the other tests are for. */
const CLIP = 4;
/** Least noise of a measurement, as a share of its median. */
const MIN_NOISE = 0.002;

/**
 * Holds a row against the rows before it, all measurements together: the distance from their medians in units of their
 * noise, by how they usually go together (Mahalanobis 1936, on a correlation matrix shrunk towards independence). So
 * "latency up while the clock is down and the temperature up" is found where none of them is remarkable alone.
 *
 * @param before - rows, each with the same measurements in the same order
 * @returns undefined for too few rows, or for fewer than two measurements
 */
export function unusualness(before: ReadonlyArray<readonly number[]>, row: readonly number[]): Unusualness | undefined {
  const columns = row.length;
  if (columns < 2 || before.length < Math.max(MIN_ROWS, columns * ROWS_PER_COLUMN)) return undefined;
  const centers: number[] = [];
  const scales: number[] = [];
  for (let c = 0; c < columns; c++) {
    const values = before.map((each) => each[c] as number);
    const center = median(values);
    centers.push(center);
    const noise = medianAbsoluteDeviation(values, center) * MAD_TO_SIGMA;
    scales.push(Math.max(noise, Math.abs(center) * MIN_NOISE, 1e-12));
  }
  const scoresOf = (values: readonly number[]): number[] =>
    values.map((value, c) => (value - (centers[c] as number)) / (scales[c] as number));
  const clipped = (values: readonly number[]): number[] =>
    scoresOf(values).map((score) => Math.max(-CLIP, Math.min(CLIP, score)));
  const factor = cholesky(correlationOf(before.map(clipped), columns));
  const solved = forwardSolve(factor, clipped(row));
  const score = solved.reduce((sum, each) => sum + each * each, 0);
  // The medians and the matrix are estimates: with n rows a new one lies this much further off.
  const inflation = (before.length + 1) / Math.max(1, before.length - columns - 2);
  return { score, limit: chiSquareQuantile(columns, RARE_Z) * inflation, z_scores: scoresOf(row), centers, scales };
}

function correlationOf(rows: ReadonlyArray<readonly number[]>, columns: number): number[][] {
  const shrink = columns / (columns + rows.length);
  const sums = Array.from({ length: columns }, () => new Array<number>(columns).fill(0));
  for (const row of rows) {
    for (let i = 0; i < columns; i++)
      for (let j = 0; j <= i; j++)
        (sums[i] as number[])[j] = ((sums[i] as number[])[j] as number) + (row[i] as number) * (row[j] as number);
  }
  return sums.map((line, i) =>
    line.map((_, j) => {
      const sum = (sums[Math.max(i, j)] as number[])[Math.min(i, j)] as number;
      const covariance = sum / rows.length;
      return i === j ? Math.max(covariance, 0.5) + shrink : covariance * (1 - shrink);
    }),
  );
}

/** Lower triangle L with L Lᵀ = matrix, for one that is symmetric and positive definite. */
function cholesky(matrix: ReadonlyArray<readonly number[]>): number[][] {
  const n = matrix.length;
  const lower = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = (matrix[i] as readonly number[])[j] as number;
      for (let k = 0; k < j; k++) sum -= ((lower[i] as number[])[k] as number) * ((lower[j] as number[])[k] as number);
      (lower[i] as number[])[j] =
        i === j ? Math.sqrt(Math.max(sum, 1e-6)) : sum / ((lower[j] as number[])[j] as number);
    }
  }
  return lower;
}

function forwardSolve(lower: ReadonlyArray<readonly number[]>, right: readonly number[]): number[] {
  const solved: number[] = [];
  for (const [i, line] of lower.entries()) {
    let sum = right[i] as number;
    for (let k = 0; k < i; k++) sum -= (line[k] as number) * (solved[k] as number);
    solved.push(sum / (line[i] as number));
  }
  return solved;
}

function chiSquareQuantile(degrees: number, z: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + z * Math.sqrt(spread)) ** 3;
}

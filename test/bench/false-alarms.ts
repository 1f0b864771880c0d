import { existsSync } from 'node:fs';
import { OnlineSeries } from '@benchwire/anomaly/src/detect/online.ts';
import { SeriesReplay } from '@benchwire/anomaly/src/detect/replay.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { UNLABELLED_FILE } from './detection/labelled.ts';
import { NOISE_KINDS, type NoiseKind, realNoise } from './detection/series-noise.ts';
import { type BenchResult, round, say } from './report.ts';

const POINTS = 400;
const SERIES = 500;
const LEVEL = 100;
/** Coefficients of variation as they are seen in practice, in percent. */
const NOISE_PERCENT = [0.5, 1.4, 5] as const;
const STEPS_PERCENT = [2, 5, 10, 20] as const;
const STEP_AT = 200;

/**
 * How many series without any change get a confirmed finding, without any re-run that could still settle it; and the
 * power beside it. The baseline is the goal: 1 % of the series, 10 % of the sticky bimodal ones.
 */
export async function falseAlarms(rounds: number): Promise<BenchResult> {
  const count = rounds === 0 ? SERIES : rounds;
  const kinds: Record<string, NoiseKind> = { ...NOISE_KINDS };
  if (existsSync(UNLABELLED_FILE)) kinds.real_spliced = realNoise(UNLABELLED_FILE);
  else say(`real noise is left out: there is no ${UNLABELLED_FILE}`);
  const cases = Object.entries(kinds).map(([name, kind], seed) => {
    const random = createRandom(seed + 1);
    let confirmed = 0;
    let suspicions = 0;
    for (let i = 0; i < count; i++) {
      const noise = kind(POINTS, random);
      const { findings, drifts } = replayed(noise.map((value) => LEVEL * (1 + 0.014 * value)));
      if (drifts.length > 0 || findings.some(({ confirmed_at }) => confirmed_at !== null)) confirmed++;
      suspicions += findings.filter(({ isMode }) => !isMode).length;
    }
    const goal = name === 'sticky_bimodal' ? 10 : 1;
    const ours = round((confirmed / count) * 100);
    return {
      name,
      ours,
      baseline: goal,
      ratio: round(ours / goal),
      unit: '% of series with a confirmed finding',
      series: count,
      suspicions_per_series: round(suspicions / count),
    };
  });
  const worst = cases.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  return { ...worst, name: 'false-alarms', worst_case: worst.name, cases, power: powerTable(Math.min(count, 200)) };
}

/** Share of series of Gaussian noise whose step at point 200 is found, and confirmed by the points alone. */
function powerTable(count: number): Array<Record<string, number>> {
  return NOISE_PERCENT.flatMap((noise_percent) =>
    STEPS_PERCENT.map((step_percent) => {
      const random = createRandom(noise_percent * 1000 + step_percent);
      const found = { 5: 0, 10: 0, 20: 0, confirmed_200: 0 };
      for (let i = 0; i < count; i++) {
        const values = Float64Array.from({ length: POINTS }, (_, at) => {
          const level = at >= STEP_AT ? LEVEL * (1 + step_percent / 100) : LEVEL;
          return level * (1 + (noise_percent / 100) * normal(random));
        });
        const step = replayed(values).findings.find(
          ({ index, direction }) => Math.abs(index - STEP_AT) <= 5 && direction === 1,
        );
        if (step === undefined) continue;
        for (const points of [5, 10, 20] as const) if (step.found_at < STEP_AT + points) found[points]++;
        if (step.confirmed_at !== null) found.confirmed_200++;
      }
      return {
        noise_percent,
        step_percent,
        found_within_5: round(found[5] / count),
        found_within_10: round(found[10] / count),
        found_within_20: round(found[20] / count),
        confirmed_by_points: round(found.confirmed_200 / count),
      };
    }),
  );
}

function replayed(values: Float64Array): SeriesReplay {
  const replay = new SeriesReplay(new OnlineSeries(), values, DEFAULT_SETTINGS);
  for (let position = 0; position < values.length; position++) replay.append(position);
  return replay;
}

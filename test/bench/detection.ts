import { writeFileSync } from 'node:fs';
import { OnlineSeries } from '@benchwire/anomaly/src/detect/online.ts';
import { SeriesReplay } from '@benchwire/anomaly/src/detect/replay.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { readLabelled, TUNE_FILE } from './detection/labelled.ts';
import type { LabelledSeries } from './detection/labelled-series.ts';
import { MARGIN, scoresOf } from './detection/score.ts';
import { type BenchResult, round } from './report.ts';

export interface DetectionOptions {
  /** Gzipped JSON lines with `annotations`; the project's shared ones without. */
  data?: string;
  /** Where the change points go, one line a series. */
  dump?: string;
}

const AFTER = [3, 5, 8, 12, 20] as const;

/** What the detector made of one series. */
interface Followed {
  series: LabelledSeries;
  /** Levels that it ends with. */
  changes: number[];
  /** Where it raised a finding, and when. */
  findings: SeriesReplay['findings'];
  seconds: number;
  reviews: number;
}

/**
 * Runs the service's detector over labelled series point by point and scores the change points that it ends with. The
 * baseline is to say nothing ever.
 */
export async function detection(_rounds: number, options: DetectionOptions): Promise<BenchResult> {
  const all = readLabelled(options.data ?? TUNE_FILE);
  const followed = all.map(follow);
  if (options.dump !== undefined) {
    const lines = followed.map(({ series, changes }) => JSON.stringify({ name: series.name, change_points: changes }));
    writeFileSync(options.dump, `${lines.join('\n')}\n`);
  }
  const ours = scoresOf(
    all,
    followed.map(({ changes }) => changes),
  );
  const silent = scoresOf(
    all,
    all.map(() => []),
  );
  const points = all.reduce((sum, { values }) => sum + values.length, 0);
  const seconds = followed.reduce((sum, each) => sum + each.seconds, 0);
  return {
    name: 'detection',
    ours: ours.f1,
    baseline: silent.f1,
    ratio: round(ours.f1 / silent.f1),
    unit: 'F1',
    series: all.length,
    points,
    ...ours,
    no_alarm_ever: silent,
    recall_after_points: earliness(followed, ({ found_at }) => found_at),
    recall_of_findings_after_points: earliness(followed, ({ found_at, isMode }) => (isMode ? null : found_at)),
    confirmed_recall_after_points: earliness(followed, ({ confirmed_at }) => confirmed_at),
    false_alarms_per_1000_points: falseAlarms(followed, points, () => true),
    false_findings_per_1000_points: falseAlarms(followed, points, ({ isMode }) => !isMode),
    false_confirmed_per_1000_points: falseAlarms(followed, points, ({ confirmed_at }) => confirmed_at !== null),
    reviews_per_1000_points: round((followed.reduce((sum, each) => sum + each.reviews, 0) / points) * 1000),
    milliseconds_per_series: round((seconds / all.length) * 1000),
    microseconds_per_point: round((seconds / points) * 1e6),
  };
}

function follow(series: LabelledSeries): Followed {
  const began = performance.now();
  const replay = new SeriesReplay(new OnlineSeries(), series.values, DEFAULT_SETTINGS);
  for (let position = 0; position < series.values.length; position++) replay.append(position);
  const seconds = (performance.now() - began) / 1000;
  return { series, changes: replay.changes(), findings: replay.findings, seconds, reviews: replay.reviews };
}

/** Share of the consensus events that were found by the time that so many points of the new level were there. */
function earliness(
  followed: readonly Followed[],
  when: (finding: Followed['findings'][number]) => number | null,
): Record<string, number> {
  const recall = AFTER.map((points) => {
    let found = 0;
    let events = 0;
    for (const { series, findings } of followed) {
      for (const event of series.events) {
        events++;
        const inTime = (at: number | null): boolean => at !== null && at <= event + points;
        if (findings.some((each) => near(each.index, event) && inTime(when(each)))) found++;
      }
    }
    return [String(points), events === 0 ? 0 : round(found / events)] as const;
  });
  return Object.fromEntries(recall);
}

/** Findings where fewer than half of the annotators marked anything. */
function falseAlarms(
  followed: readonly Followed[],
  points: number,
  counts: (finding: Followed['findings'][number]) => boolean,
): number {
  const isFalse = ({ series, findings }: Followed): number =>
    findings.filter((each) => counts(each) && !series.events.some((event) => near(each.index, event))).length;
  const total = followed.reduce((sum, each) => sum + isFalse(each), 0);
  return round((total / points) * 1000);
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= MARGIN;
}

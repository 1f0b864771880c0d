import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OnlineSeries } from '@benchwire/anomaly/src/detect/online.ts';
import { review } from '@benchwire/anomaly/src/detect/review.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { type BenchResult, median, pairedCaseOf, round } from './report.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const SERIES = 100_000;
const POINTS_PER_SERIES = 30;
const BASELINE_WINDOW = 100;

/** A test of every point: `append` says whether the point is suspicious. */
interface PointTest {
  append(series_id: string, value: number): boolean;
}

/** The test that the service makes on every point, from the series' id on. */
class Ours implements PointTest {
  #slots = new Map<string, number>();
  #online = new OnlineSeries();

  append(series_id: string, value: number): boolean {
    let slot = this.#slots.get(series_id);
    if (slot === undefined) {
      slot = this.#online.add();
      this.#slots.set(series_id, slot);
    }
    return this.#online.append(slot, value);
  }
}

/** Mean and standard deviation of the last 100 points, from running sums; suspicious from 3 standard deviations on. */
class PlainZScore implements PointTest {
  #series = new Map<string, { values: Float64Array; n: number; sum: number; squares: number }>();

  append(series_id: string, value: number): boolean {
    let series = this.#series.get(series_id);
    if (series === undefined) {
      series = { values: new Float64Array(BASELINE_WINDOW), n: 0, sum: 0, squares: 0 };
      this.#series.set(series_id, series);
    }
    const count = Math.min(series.n, BASELINE_WINDOW);
    const mean = series.sum / count;
    const variance = series.squares / count - mean * mean;
    const place = series.n % BASELINE_WINDOW;
    const oldest = series.values[place] as number;
    series.values[place] = value;
    series.sum += value - oldest;
    series.squares += value * value - oldest * oldest;
    series.n++;
    return count >= 8 && Math.abs(value - mean) > 3 * Math.sqrt(Math.max(0, variance));
  }
}

/** Points a second of the test on every point, and what it keeps of a series. Reviews are timed on their own. */
export async function anomaly(rounds: number): Promise<BenchResult> {
  const ids = Array.from({ length: SERIES }, (_, i) => (i * 2654435761).toString(16).padStart(20, '0'));
  const random = createRandom(1);
  const noise = Float64Array.from({ length: 1 << 16 }, () => 100 + normal(random));
  const ours: number[] = [];
  const baseline: number[] = [];
  const bytes: number[] = [];
  const baselineBytes: number[] = [];
  let suspicious = 0;
  for (let round = 0; round < Math.max(3, rounds); round++) {
    const a = await appendAll(() => new Ours(), ids, noise);
    const b = await appendAll(() => new PlainZScore(), ids, noise);
    ours.push(a.points_per_second);
    baseline.push(b.points_per_second);
    bytes.push(a.bytes_per_series);
    baselineBytes.push(b.bytes_per_series);
    suspicious = a.suspicious;
  }
  return pairedCaseOf('anomaly', 'points/s', ours, baseline, {
    series: SERIES,
    points: SERIES * POINTS_PER_SERIES,
    bytes_per_series: round(median(bytes)),
    baseline_bytes_per_series: round(median(baselineBytes)),
    suspicious_share: round(suspicious / (SERIES * POINTS_PER_SERIES)),
    milliseconds_per_review: { '100 points': reviewMs(noise, 100), '1000 points': reviewMs(noise, 1000) },
  });
}

async function appendAll(
  make: () => PointTest,
  ids: readonly string[],
  noise: Float64Array,
): Promise<{ points_per_second: number; bytes_per_series: number; suspicious: number }> {
  const before = await memory();
  const test = make();
  let suspicious = 0;
  let at = 0;
  const began = performance.now();
  for (let point = 0; point < POINTS_PER_SERIES; point++) {
    for (const id of ids) {
      at = (at + 7919) & (noise.length - 1);
      if (test.append(id, noise[at] as number)) suspicious++;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const bytes_per_series = ((await memory()) - before) / ids.length;
  // Alive until here, or its memory would be gone before it is measured.
  test.append(ids[0] as string, 100);
  return { points_per_second: (ids.length * POINTS_PER_SERIES) / seconds, bytes_per_series, suspicious };
}

/** In use once everything that nobody needs is collected; typed arrays go only some turns later. */
async function memory(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) {
    collectGarbage();
    await setImmediate();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function reviewMs(noise: Float64Array, n: number): number {
  const repeats = 50;
  const began = performance.now();
  for (let i = 0; i < repeats; i++) review(noise.subarray(i * n, (i + 1) * n), DEFAULT_SETTINGS);
  return round((performance.now() - began) / repeats);
}

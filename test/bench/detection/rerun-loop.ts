import { CONFIRMS_TAG } from '@benchwire/anomaly/src/decide/point-ref.ts';
import type { ReadOutcome } from '@benchwire/anomaly/src/decide/read-outcome.ts';
import { SeriesBook } from '@benchwire/anomaly/src/decide/series-book.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeWith } from '@benchwire/shared/contracts/outcome.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { DEFAULT_MAIN_BRANCHES } from '@benchwire/shared/verdict/lines.ts';
import type { NoiseProcess } from './series-noise.ts';

const HOUR_MS = 3_600_000;
const LEVEL = 100;

export interface LoopOptions {
  points: number;
  /** Noise of one standard deviation, as a share of the level. */
  noise: number;
  /** From `at` on every device is slower by `size` times the noise. */
  step?: { at: number; size: number };
  /** The worker that measures the series first, then its siblings. */
  devices: readonly NoiseProcess[];
  /** `imported`: results of another tool, of which nobody can have a re-run. */
  executor?: 'command' | 'imported';
}

export interface LoopResult {
  /** All findings about the level in their last revision, each with the number of points after which it was confirmed. */
  findings: Array<{ finding: Finding; found_after: number; confirmed_after: number | null }>;
  reruns: number;
}

/**
 * A series as the service follows it, with its default settings: each point is an outcome that the service's own book folds, and
 * each re-run that it asks for is measured at once, on the device that it asks for.
 */
export function followWithReruns({ points, noise, step, devices, executor = 'command' }: LoopOptions): LoopResult {
  const book = new SeriesBook({
    detectionOf: () => ({
      single: { threshold: 5, min_runs: 5, window: 50 },
      least_change_percent: 0,
      confirmation: { runs: 3, kinds: ['regression', 'change'] },
    }),
    levels: DEFAULT_SETTINGS,
    confirmPerHour: () => 60,
    main_branches: DEFAULT_MAIN_BRANCHES,
    owns: () => true,
  });
  const seen = new Map<string, LoopResult['findings'][number]>();
  let reruns = 0;
  for (let at = 0; at < points; at++) {
    const now = new Date(at * HOUR_MS);
    const shift = step !== undefined && at >= step.at ? step.size : 0;
    const measured = (score: number): number => LEVEL * (1 + noise * (score + shift));
    const [own, ...siblings] = devices.map((device) => device.next());
    if (own === undefined || siblings.length + 1 !== devices.length) throw new Error('a series without a device');
    const waiting = book.fold(outcomeOf(`run-${at}`, 0, measured(own), now, { executor }), now);
    for (let changed = waiting; changed.length > 0; ) {
      note(seen, changed, at);
      const asked = changed.flatMap(({ confirmations, ...finding }) =>
        confirmations.flatMap((each) => (each.agrees === null && each.note === '' ? { ...each, finding } : [])),
      );
      const [next] = asked.filter(({ request_id }, i) => asked.findIndex((one) => one.request_id === request_id) === i);
      if (next === undefined) break;
      const device = next.on === 'sibling' && devices.length > 1 ? 1 : 0;
      const value = measured((devices[device] as NoiseProcess).again());
      const tags = { [CONFIRMS_TAG]: attemptId(next.finding) };
      changed = book.fold(outcomeOf(`rerun-${reruns++}`, device, value, now, { tags }), now);
    }
  }
  return { findings: [...seen.values()], reruns };
}

function note(seen: Map<string, LoopResult['findings'][number]>, changed: readonly Finding[], at: number): void {
  for (const finding of changed) {
    const known = seen.get(finding.finding_id) ?? { finding, found_after: at, confirmed_after: null };
    const confirmed_after = known.confirmed_after ?? (finding.state === 'confirmed' ? at : null);
    seen.set(finding.finding_id, { ...known, finding, confirmed_after });
  }
}

function outcomeOf(
  run_id: string,
  device: number,
  value: number,
  now: Date,
  { tags = {}, executor = 'command' }: Partial<Pick<Outcome, 'tags' | 'executor'>> = {},
): Extract<ReadOutcome, { kind: 'measured' }> {
  const at = now.toISOString();
  const result = { value, unit: 'ms', ci_low: null, ci_high: null, min: value, max: value, samples: 1 };
  const outcome = outcomeWith({
    ...{ run_id, task_id: 'task', attempt: 1, max_attempts: 1, status: 'completed', error: null, tags },
    ...{ benchmark: 'bench', executor, request_name: null, queued_at: at, finished_at: at },
    ...{ worker_id: `worker-${device}`, pool: 'pool', fingerprint: 'f', results: { metrics: { latency_ms: result } } },
  });
  return { kind: 'measured', attempt_id: attemptId(outcome), outcome, raw: outcome };
}

import type { FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { PROVENANCE_FACTS } from '@benchwire/shared/contracts/provenance.ts';
import type { SeriesKey, SeriesPoint } from '@benchwire/shared/contracts/series.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';

/** What changed below a series: its new name, the name before, and the facts. */
export interface EnvironmentChange {
  series_id: string;
  previous_series_id: string;
  changes: FindingEvidence['environment'];
}

interface Lineage {
  series_id: string;
  fingerprint: string;
  environment: Outcome['environment'];
}

const MAX_LINEAGES = 200_000;

/**
 * The fingerprint of hardware and environment is part of a series' name, so a new driver begins a new series. This
 * links them: the same measurement on the same device of the same worker, under another fingerprint.
 */
export class Environments {
  #lineages = new Map<string, Lineage>();

  /** Takes a point of an outcome; answers where the environment below its series has changed. */
  add(outcome: Outcome, point: SeriesPoint): EnvironmentChange | undefined {
    const { worker_id, device_id, environment } = outcome;
    const { fingerprint } = point.key;
    if (worker_id === null || device_id === null) return undefined;
    const name = JSON.stringify([worker_id, device_id, ...withoutFingerprint(point.key)]);
    const before = this.#lineages.get(name);
    if (before?.fingerprint === fingerprint) return undefined;
    this.#lineages.set(name, { series_id: point.series_id, fingerprint, environment });
    forgetOldest(this.#lineages, MAX_LINEAGES);
    if (before === undefined) return undefined;
    return {
      series_id: point.series_id,
      previous_series_id: before.series_id,
      changes: differences(before, { fingerprint, environment }),
    };
  }
}

/** What names the measurement, whatever it ran on. Not hashed: this is done for each point. */
function withoutFingerprint(key: SeriesKey): unknown[] {
  const { benchmark, model, executor, precision, batch_size, scenario, variant, metric, is_simulated, unit_family } =
    key;
  const family = unit_family === undefined ? [] : [unit_family];
  return [benchmark, model, executor, precision, batch_size, scenario, variant, metric, is_simulated, ...family];
}

function differences(
  before: Pick<Lineage, 'fingerprint' | 'environment'>,
  after: Pick<Lineage, 'fingerprint' | 'environment'>,
): FindingEvidence['environment'] {
  const names = [...new Set([...Object.keys(before.environment), ...Object.keys(after.environment)])].sort();
  const changed = names
    .filter((name) => !PROVENANCE_FACTS.has(name) && before.environment[name] !== after.environment[name])
    .map((what) => ({
      what,
      from: String(before.environment[what] ?? 'none'),
      to: String(after.environment[what] ?? 'none'),
    }));
  return changed.length > 0 ? changed : [{ what: 'fingerprint', from: before.fingerprint, to: after.fingerprint }];
}

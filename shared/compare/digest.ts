import type { Digest, DigestEntry, DigestGroup } from '../contracts/digest.ts';
import type { ChangeRow, OverviewRow } from '../contracts/rows.ts';
import { judgeDifference } from './judge-difference.ts';

/** What the digest is made from: changes that were found or settled since a time. */
export interface DigestSources {
  since: string;
  until: string;
  regressions: readonly ChangeRow[];
  improvements: readonly ChangeRow[];
  overview: Pick<OverviewRow, 'open_regressions' | 'finished_runs' | 'failed_runs'>;
  truncated: boolean;
}

/** The digest of a time: changes with their intervals, the greatest first, by model and by hardware. Pure. */
export function digestOf({ since, until, overview, truncated, ...rows }: DigestSources): Digest {
  const entries = rows.regressions.map(entryOf).sort(greatestFirst);
  const opened = entries.filter(({ detected_at }) => detected_at >= since);
  const closed = entries.filter(({ closed_at }) => closed_at !== null && closed_at >= since);
  const { open_regressions, finished_runs, failed_runs } = overview;
  return {
    ...{ since, until, opened, closed, truncated, open_regressions, finished_runs, failed_runs },
    improvements: rows.improvements
      .map(entryOf)
      .filter(({ detected_at, closed_at }) => detected_at >= since && closed_at === null)
      .sort(greatestFirst),
    by_model: groupsOf(opened, closed, ({ model, benchmark }) => model || benchmark),
    by_hardware: groupsOf(opened, closed, ({ pool }) => pool),
  };
}

/** The change of the runs since the finding against those before it, judged as every comparison; else that of the finding alone. */
function entryOf({ baseline_values, values_since, z_score: _, message: __, ...row }: ChangeRow): DigestEntry {
  const measured = (values: readonly number[]) => ({ values, ci_low: null, ci_high: null, history });
  const history = [...baseline_values, ...values_since];
  const judged =
    baseline_values.length === 0 || values_since.length === 0
      ? undefined
      : judgeDifference(measured(baseline_values), measured(values_since));
  return {
    ...row,
    change_percent: judged?.change_percent ?? row.change_percent,
    change_low_percent: judged?.change_low_percent ?? null,
    change_high_percent: judged?.change_high_percent ?? null,
    basis: judged?.basis ?? null,
    runs_before: baseline_values.length,
    runs_since: values_since.length,
    closed_at: isOpen(row.state) ? null : row.changed_at,
  };
}

const isOpen = (state: ChangeRow['state']): boolean => state !== 'dismissed' && state !== 'went_away';
const sizeOf = ({ change_percent }: DigestEntry): number => Math.abs(change_percent ?? 0);
const greatestFirst = (a: DigestEntry, b: DigestEntry): number => sizeOf(b) - sizeOf(a);

function groupsOf(
  opened: readonly DigestEntry[],
  closed: readonly DigestEntry[],
  nameOf: (entry: DigestEntry) => string,
): DigestGroup[] {
  const names = [...new Set([...opened, ...closed].map(nameOf))];
  const groups = names.map((name): DigestGroup => {
    const own = opened.filter((entry) => nameOf(entry) === name);
    return {
      ...{ name, opened: own.length, closed: closed.filter((entry) => nameOf(entry) === name).length },
      still_open: own.filter(({ closed_at }) => closed_at === null).length,
      worst_percent: own[0]?.change_percent ?? null,
    };
  });
  return groups.sort(
    (a, b) => b.still_open - a.still_open || Math.abs(b.worst_percent ?? 0) - Math.abs(a.worst_percent ?? 0),
  );
}

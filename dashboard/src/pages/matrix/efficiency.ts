import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';

export const THROUGHPUT = 'throughput_items_per_second';
export const POWER = 'power_consumption_watts';

export interface Efficiency {
  cell: MatrixCell;
  watts: number;
  items_per_joule: number;
}

/** Items for each joule, the most first, and the hardware that has throughput without power. */
export interface Efficiencies {
  rows: Efficiency[];
  /** Fingerprints. */
  without_power: string[];
}

/**
 * Throughput over the mean power of the same task in the same run: items per second by joules per second. Power of another run says
 * nothing about it, so that is left out. Pure.
 */
export function efficienciesOf(throughput: readonly MatrixCell[], power: readonly MatrixCell[]): Efficiencies {
  const key = ({ run_id, task_id }: MatrixCell): string => `${run_id} ${task_id}`;
  const watts_of = new Map(power.map((cell) => [key(cell), cell.value]));
  const rows = throughput.flatMap((cell): Efficiency[] => {
    const watts = watts_of.get(key(cell)) ?? 0;
    return watts > 0 ? [{ cell, watts, items_per_joule: cell.value / watts }] : [];
  });
  const measured = new Set(rows.map(({ cell }) => cell.fingerprint));
  return {
    rows: rows.sort((a, b) => b.items_per_joule - a.items_per_joule),
    without_power: [...new Set(throughput.map(({ fingerprint }) => fingerprint))].filter((id) => !measured.has(id)),
  };
}

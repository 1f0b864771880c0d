import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { FINDING_KINDS } from '@benchwire/shared/contracts/finding-kinds.ts';
import { Counter, Gauge, type Registry } from 'prom-client';

export interface AnomalyMetrics {
  outcomes(count: number): void;
  findings(found: readonly Finding[]): void;
}

/** Of a shard, what is counted. */
interface Counted {
  book: { readonly size: number };
  progress: { readonly sequence: number };
}

export function createMetrics(registry: Registry, held: () => readonly Counted[]): AnomalyMetrics {
  const registers = [registry];
  const outcomes = new Counter({ name: 'benchwire_anomaly_outcomes_total', help: 'Outcomes looked at', registers });
  const found = new Counter({
    name: 'benchwire_anomaly_findings_total',
    help: 'Findings stored',
    labelNames: ['kind'],
    registers,
  });
  // From 0 on, or Prometheus would not see the first finding of a kind as an increase.
  for (const kind of FINDING_KINDS) found.inc({ kind }, 0);
  new Gauge({
    name: 'benchwire_anomaly_series',
    help: 'Series in memory',
    registers,
    collect() {
      this.set(held().reduce((sum, { book }) => sum + book.size, 0));
    },
  });
  new Gauge({
    name: 'benchwire_anomaly_judged_sequence',
    help: 'Sequence of OUTCOMES up to which everything is judged; -1 while the history is being loaded, and on a standby',
    registers,
    collect() {
      const sequences = held().map(({ progress }) => progress.sequence);
      this.set(sequences.length === 0 ? -1 : Math.min(...sequences));
    },
  });
  return {
    outcomes: (count) => outcomes.inc(count),
    findings: (entries) => {
      for (const entry of entries) if (entry.revision === 0) found.inc({ kind: entry.kind });
    },
  };
}

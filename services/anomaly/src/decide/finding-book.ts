import type { Finding, FindingState } from '@benchwire/shared/contracts/finding.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { Judged } from './feedback.ts';

/** So many findings are kept at most, at about 3 KB each; those that wait to be settled stay in any case. */
const MAX_KEPT = 5000;

/** All findings as the newest message of each has them: the fold of FINDINGS. */
export class FindingBook {
  #findings = new Map<string, Finding>();
  #bySeries = new Map<string, Set<string>>();
  #byAttempt = new Map<string, Set<string>>();
  #judged = new Map<string, Judged>();

  /** Takes a message of FINDINGS, or a finding on its way there. Returns false for one that is known already. */
  apply(finding: Finding): boolean {
    const known = this.#findings.get(finding.finding_id);
    if (known !== undefined && known.revision >= finding.revision) return false;
    this.#findings.set(finding.finding_id, finding);
    if (known?.state !== finding.state) this.#count(finding, known?.state);
    if (known === undefined) {
      addTo(this.#bySeries, finding.series_id, finding.finding_id);
      addTo(this.#byAttempt, attemptId(finding), finding.finding_id);
      if (this.#findings.size > MAX_KEPT) this.#forgetOne();
    }
    return true;
  }

  get(finding_id: string): Finding | undefined {
    return this.#findings.get(finding_id);
  }

  all(): IterableIterator<Finding> {
    return this.#findings.values();
  }

  ofSeries(series_id: string): Finding[] {
    return this.#named(this.#bySeries.get(series_id));
  }

  /** Findings whose first bad point an attempt measured. */
  ofAttempt(attempt_id: string): Finding[] {
    return this.#named(this.#byAttempt.get(attempt_id));
  }

  ofRun(run_id: string): Finding[] {
    return [...this.#findings.values()].filter((finding) => finding.run_id === run_id);
  }

  /** What people have said of the findings of a metric on a pool. */
  judged(metric: string, pool: string | null): Judged {
    return this.#judged.get(`${metric} ${pool ?? ''}`) ?? { acknowledged: 0, dismissed: 0 };
  }

  #count(finding: Finding, before: FindingState | undefined): void {
    const key = `${finding.series.metric} ${finding.pool ?? ''}`;
    const { acknowledged, dismissed } = this.judged(finding.series.metric, finding.pool);
    const change = (state: FindingState): number => Number(finding.state === state) - Number(before === state);
    this.#judged.set(key, {
      acknowledged: acknowledged + change('acknowledged'),
      dismissed: dismissed + change('dismissed'),
    });
  }

  #named(ids: ReadonlySet<string> | undefined): Finding[] {
    return [...(ids ?? [])].flatMap((id) => this.#findings.get(id) ?? []);
  }

  #forgetOne(): void {
    for (const [id, finding] of this.#findings) {
      if (finding.state === 'suspected') continue;
      this.#findings.delete(id);
      this.#bySeries.get(finding.series_id)?.delete(id);
      this.#byAttempt.get(attemptId(finding))?.delete(id);
      return;
    }
  }
}

function addTo(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

/** The next revision of a finding. Without a new state it keeps the one it has. */
export function revise(
  finding: Finding,
  now: Date,
  changes: Partial<Finding>,
  move?: { state: FindingState; by: string; reason: string },
): Finding {
  const revision = finding.revision + 1;
  const history =
    move === undefined ? finding.history : [...finding.history, { revision, at: now.toISOString(), ...move }];
  return { ...finding, ...changes, revision, history, state: move?.state ?? finding.state };
}

import type { FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import type { PointRef } from './point-ref.ts';

/**
 * The incident that a finding belongs to: the environment change that it came with, else the first bad version, else
 * the run. Pure, so that findings of one cause meet without anybody keeping a list.
 */
export function incidentOf(first_bad: PointRef, last_good: PointRef | null, evidence: FindingEvidence): string {
  const [change] = evidence.environment;
  if (change !== undefined) {
    const names = evidence.environment.map(({ what, to }) => `${what}=${to}`).join(',');
    return `environment:${first_bad.pool ?? '-'}:${names}`.slice(0, 256);
  }
  const version = versionOf(first_bad);
  if (version !== null && version !== (last_good === null ? null : versionOf(last_good))) return `commit:${version}`;
  return `run:${first_bad.run_id}`;
}

function versionOf({ source }: PointRef): string | null {
  const name = source?.commit ?? source?.version;
  return name === undefined ? null : `${source?.repo === undefined ? '' : `${source.repo}@`}${name}`;
}

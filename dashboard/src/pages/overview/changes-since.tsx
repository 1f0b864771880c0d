import type { OverviewNow } from '@benchwire/shared/contracts/api/overview.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatCount } from '../../format/numbers.ts';
import { Ago } from '../../parts/time.tsx';

/** What came and went since the last visit, each with the list that shows it. */
export function ChangesSince({ now, is_visit }: { now: OverviewNow; is_visit: boolean }): ReactNode {
  const found = `/findings?state=all&since=${encodeURIComponent(now.since)}`;
  const changes: Array<[count: number, one: string, more: string, href: string, tone: string]> = [
    [now.new_regressions, 'new regression', 'new regressions', `${found}&kind=regression`, 'failed'],
    [now.new_improvements, 'new improvement', 'new improvements', `${found}&kind=improvement`, 'completed'],
    [now.new_others, 'other finding', 'other findings', found, ''],
    [now.settled_findings, 'finding settled', 'findings settled', '/findings?state=all', ''],
    [now.finished_runs, 'run finished', 'runs finished', '/runs', ''],
    [now.failed_runs, 'run failed', 'runs failed', '/runs', 'failed'],
  ];
  const happened = changes.filter(([count]) => count > 0);
  return (
    <section className="bw-since" aria-label="What changed">
      <h2>{is_visit ? 'Since your last visit' : 'In the last 24 hours'}</h2>
      {is_visit && (
        <span className="bw-dim">
          <Ago at={now.since} />
        </span>
      )}
      {happened.length === 0 && <span className="bw-dim">nothing changed</span>}
      {happened.map(([count, one, more, href, tone]) => (
        <Link key={one} href={href} className="bw-status" data-tone={tone}>
          {formatCount(count)} {count === 1 ? one : more}
        </Link>
      ))}
      <Link href="/slower">What got slower this month</Link>
    </section>
  );
}

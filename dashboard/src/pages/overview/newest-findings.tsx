import { call } from '@benchwire/shared/client/http-client.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { FindingChange, FindingKindText } from '../../parts/finding-kind.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';

/** What moved last, dismissed ones left out. */
export function NewestFindings(): ReactNode {
  useRefresh('findings', ['/api/findings']);
  const findings = usePages(
    call('GET /api/findings', { query: { states: ['suspected', 'confirmed', 'acknowledged'], limit: 6 } }),
  );
  return (
    <Answer of={findings}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="No open findings">
            A series is judged from its sixth run on; <Link href="/series">the series so far</Link>.
          </Empty>
        ) : (
          <ul className="bw-list">
            {rows.slice(0, 6).map((row) => (
              <li key={row.finding_id}>
                <div className="bw-finding-line">
                  <Link
                    href={`/findings/${encodeURIComponent(row.finding_id)}`}
                    className="bw-two-lines"
                    title={`${row.model || row.benchmark} ${row.metric}`}
                  >
                    {modelName(row.model) || row.benchmark} {row.metric}
                    {row.batch_size === null ? '' : `, batch ${row.batch_size}`}
                  </Link>
                  <FindingChange kind={row.kind} percent={row.change_percent} />
                </div>
                <div className="bw-note">
                  <FindingKindText kind={row.kind} />, {row.state.replace('_', ' ')}, on <PoolName pool={row.pool} />,{' '}
                  <Ago at={row.detected_at} />
                </div>
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}

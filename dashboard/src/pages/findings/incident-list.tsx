import { call } from '@benchwire/shared/client/http-client.ts';
import type { IncidentRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { formatPercentChange } from '../../format/numbers.ts';
import { RangeLink } from '../../parts/commit-link.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { Panel } from '../../parts/panel.tsx';
import { sourceText } from '../../parts/source.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { FindingStateText } from './finding-state.tsx';

/** More lines of one cause are a list of their own. */
const SHOWN = 8;

/** What was found together: of one commit, or of one change of the environment. */
export function IncidentList({ only_open }: { only_open: boolean }): ReactNode {
  const incidents = usePages(call('GET /api/incidents', { query: { only_open, limit: 100 } }));
  return (
    <Answer of={incidents} height={300}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title={only_open ? 'No open findings' : 'No findings yet'} />
        ) : (
          <div className="bw-grid">
            {rows.map((incident) => (
              <Incident key={incident.incident_id} incident={incident} />
            ))}
          </div>
        )
      }
    </Answer>
  );
}

function Incident({ incident }: { incident: IncidentRow }): ReactNode {
  const { cause, source, previous_source, moved, findings, open } = incident;
  const [now, before] = [sourceText(source), sourceText(previous_source)];
  const title =
    cause === 'commit' && now !== ''
      ? `Commit ${now}`
      : cause === 'environment'
        ? 'Environment change'
        : modelName(moved[0]?.model ?? '') || (moved[0]?.benchmark ?? 'One finding');
  return (
    <Panel title={title} aside={<Ago at={incident.last_detected_at} />}>
      <p className="bw-note bw-first">
        {findings} {findings === 1 ? 'finding' : 'findings'}, {open} open: {incident.regressions} worse,{' '}
        {incident.improvements} better
        {before === '' ? null : (
          <>
            ; between <RangeLink from={previous_source} to={source} />
          </>
        )}
      </p>
      <ul className="bw-list">
        {moved.slice(0, SHOWN).map((one) => (
          <li key={one.finding_id} className="bw-finding-line">
            <Link href={`/findings/${encodeURIComponent(one.finding_id)}`}>
              {modelName(one.model) || one.benchmark} {one.metric} on <PoolName pool={one.pool} />
            </Link>
            <span>
              <strong>{formatPercentChange(one.change_percent)}</strong> <FindingStateText state={one.state} />
            </span>
          </li>
        ))}
      </ul>
      {moved.length > SHOWN && <p className="bw-note">and {moved.length - SHOWN} more</p>}
    </Panel>
  );
}

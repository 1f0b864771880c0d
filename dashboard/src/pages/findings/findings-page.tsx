import { FINDING_KINDS, FINDING_STATES } from '@benchwire/shared/contracts/finding.ts';
import { SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useRefresh } from '../../api/use-refresh.ts';
import { PageHead } from '../../parts/panel.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { FindingTable } from './finding-table.tsx';
import { IncidentList } from './incident-list.tsx';

const OPEN = ['suspected', 'confirmed', 'acknowledged'] as const;
const DEFAULTS = { by: 'finding', state: 'open', kind: '', search: '' };

const words = (value: string): { value: string; label: string } => ({ value, label: value.replace('_', ' ') });

/** Everything that was found, one by one or by what caused it. */
export default function FindingsPage(): ReactNode {
  const [{ by, state, kind, search }, change] = useUrlState(DEFAULTS);
  useRefresh('findings', ['/api/findings', '/api/incidents']);
  const states = state === 'open' ? [...OPEN] : FINDING_STATES.filter((each) => each === state);
  return (
    <>
      <PageHead title="Findings" note="Open a finding to see the evidence behind it." />
      <search className="bw-filters">
        <SegmentedControl
          size="sm"
          data={[
            { value: 'finding', label: 'List' },
            { value: 'incident', label: 'By commit' },
          ]}
          value={by}
          onChange={(next) => change({ by: next })}
          aria-label="Grouped"
        />
        <Select
          aria-label="State"
          data={[
            { value: 'open', label: 'open' },
            { value: 'all', label: 'every state' },
            ...FINDING_STATES.map(words),
          ]}
          value={state}
          onChange={(next) => change({ state: next ?? 'open' })}
          allowDeselect={false}
          w={150}
        />
        {by === 'finding' && (
          <>
            <Select
              aria-label="Kind"
              placeholder="every kind"
              data={FINDING_KINDS.map(words)}
              value={kind || null}
              onChange={(next) => change({ kind: next ?? '' })}
              clearable
              w={150}
            />
            <TextInput
              data-search
              aria-label="Search in benchmark, model, metric and pool"
              placeholder="model, metric, pool"
              leftSection={<IconSearch size={15} />}
              value={search}
              onChange={(event) => change({ search: event.currentTarget.value })}
            />
          </>
        )}
      </search>
      {by === 'incident' ? (
        <IncidentList only_open={state === 'open'} />
      ) : (
        <FindingTable
          query={{ states, kind: oneOf(FINDING_KINDS, kind), search }}
          filtered={state !== 'open' || kind !== '' || search !== ''}
        />
      )}
    </>
  );
}

import { call } from '@benchwire/shared/client/http-client.ts';
import { EVENT_ENTITIES } from '@benchwire/shared/contracts/event.ts';
import { Button, Select, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { EventTable } from '../../parts/event-table.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';

const DEFAULTS = { entity: '', worker_id: '', pool: '' };

/** What happened anywhere, newest first; with `access` also who changed what through the gateway. */
export default function EventsPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  useRefresh('events', ['/api/events']);
  const events = usePages(
    call('GET /api/events', { query: { ...filters, entity: oneOf(EVENT_ENTITIES, filters.entity), limit: 100 } }),
  );
  return (
    <>
      <PageHead title="Events" />
      <search className="bw-filters">
        <Select
          aria-label="About"
          placeholder="everything"
          data={[...EVENT_ENTITIES]}
          value={filters.entity || null}
          onChange={(entity) => change({ entity: entity ?? '' })}
          clearable
        />
        <TextInput
          data-search
          aria-label="Worker"
          placeholder="worker"
          value={filters.worker_id}
          onChange={(event) => change({ worker_id: event.currentTarget.value })}
        />
        <TextInput
          aria-label="Pool"
          placeholder="pool"
          value={filters.pool}
          onChange={(event) => change({ pool: event.currentTarget.value })}
        />
      </search>
      <Panel title="Newest first">
        <Answer of={events} height={300}>
          {(rows) =>
            rows.length === 0 ? <Empty title="No events match these filters" /> : <EventTable events={rows} />
          }
        </Answer>
        {events.hasNextPage && (
          <Button variant="subtle" size="compact-sm" mt={6} onClick={() => void events.fetchNextPage()}>
            Show older
          </Button>
        )}
      </Panel>
    </>
  );
}

import { call } from '@benchwire/shared/client/http-client.ts';
import { EVENT_ENTITIES } from '@benchwire/shared/contracts/event-entities.ts';
import type { ReactNode } from 'react';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { EVENT_COLUMNS } from '../../parts/event-table.tsx';
import { instantOf } from '../../parts/list/days.ts';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { ServerList } from '../../parts/list/server-list.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';

const DEFAULTS = { entity: '', worker_id: '', pool: '', since: '' };
const FILTERS: readonly Filter[] = [
  { name: 'entity', kind: 'choice', label: 'About', placeholder: 'everything', choices: [...EVENT_ENTITIES] },
  { name: 'worker_id', kind: 'search', label: 'Worker' },
  { name: 'pool', kind: 'text', label: 'Pool', width: 190 },
  { name: 'since', kind: 'from_day', label: 'From' },
];

/** What happened anywhere, newest first; with `access` also who changed what through the gateway. */
export default function EventsPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  useRefresh('events', ['/api/events']);
  const { entity, worker_id, pool, since } = filters;
  const asked = call('GET /api/events', {
    query: {
      ...{ entity: oneOf(EVENT_ENTITIES, entity), worker_id: worker_id || undefined, pool: pool || undefined },
      ...{ since: instantOf(since, 'begin'), limit: 100 },
    },
  });
  return (
    <>
      <PageHead title="Events" />
      <FilterBar list="events" filters={FILTERS} state={filters} defaults={DEFAULTS} change={change} />
      <Panel title="Newest first">
        <ServerList
          label="Events"
          of={usePages(asked)}
          asked={asked}
          columns={EVENT_COLUMNS}
          rowKey={({ event_id }) => event_id}
          empty={<Empty title="No events match these filters" />}
        />
      </Panel>
    </>
  );
}

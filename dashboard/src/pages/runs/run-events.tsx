import { call } from '@benchwire/shared/client/http-client.ts';
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { usePages } from '../../api/use-api.ts';
import { EventTable } from '../../parts/event-table.tsx';
import { Answer, Empty } from '../../parts/states.tsx';

/** What happened in a run, newest first. */
export function RunEvents({ run_id }: { run_id: string }): ReactNode {
  const events = usePages(call('GET /api/runs/:run_id/events', { params: { run_id }, query: { limit: 200 } }));
  return (
    <Answer of={events}>
      {(rows) => (
        <>
          {rows.length === 0 ? <Empty title="No events" /> : <EventTable events={rows} without={['run_id']} />}
          {events.hasNextPage && (
            <Button variant="subtle" size="compact-sm" mt={6} onClick={() => void events.fetchNextPage()}>
              Show older
            </Button>
          )}
        </>
      )}
    </Answer>
  );
}

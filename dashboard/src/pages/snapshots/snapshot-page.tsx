import { call } from '@benchwire/shared/client/http-client.ts';
import type { Session } from '@benchwire/shared/contracts/http.ts';
import type { SnapshotFile } from '@benchwire/shared/contracts/snapshot.ts';
import { Button, Loader } from '@mantine/core';
import { IconArrowRight, IconDownload, IconPin, IconPinnedOff, IconTrash } from '@tabler/icons-react';
import { QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, Suspense, useEffect, useMemo, useState } from 'react';
import { Link, Router, useLocation } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { api } from '../../api/client.ts';
import { SilentLive } from '../../api/live-provider.tsx';
import { useMay } from '../../api/session.ts';
import { SESSION_KEY } from '../../api/session-key.ts';
import { invalidateBelow, useChange, useGet } from '../../api/use-api.ts';
import { PageRoutes } from '../../page-routes.tsx';
import { download, fileName } from '../../parts/download.ts';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';
import { Answer } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';
import { ErrorBoundary } from '../../shell/error-boundary.tsx';
import { FrozenAnswers } from '../../snapshot/frozen-answers.ts';

/** A page as it was: the same code as the live page, with the answers of then. */
export default function SnapshotPage({ id }: { id: string }): ReactNode {
  const file = useGet(call('GET /api/snapshots/:id', { params: { id } }));
  return (
    <Answer of={file} height={400}>
      {(snapshot) => (
        <>
          <Banner id={id} snapshot={snapshot} />
          <FrozenPage snapshot={snapshot} />
        </>
      )}
    </Answer>
  );
}

function Banner({ id, snapshot }: { id: string; snapshot: SnapshotFile }): ReactNode {
  const { title, page, taken_at } = snapshot;
  const may = useMay('submitter');
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const params = { id };
  const facts = useGet(call('GET /api/snapshots')).data?.items.find((each) => each.id === id);
  const pin = useChange(
    (pinned: boolean) => call('PUT /api/snapshots/:id', { params, body: { pinned } }),
    ['/api/snapshots'],
  );
  const remove = useChange(() => call('DELETE /api/snapshots/:id', { params }), []);
  const save = (): void => {
    const content = new Blob([JSON.stringify(snapshot)], { type: 'application/json' });
    download(`snapshot-${fileName(title)}.json`, content);
  };
  const pinned = facts?.expires_at === null;
  return (
    <section className="bw-snapshot-banner" aria-label="Snapshot">
      <div>
        <b>{title}</b>
        <div className="bw-note">
          Snapshot of <At at={taken_at} />
          {facts !== undefined && `, stored by ${facts.saved_by}`}. The data below is as it was then.
        </div>
      </div>
      <div className="bw-snapshot-tools">
        <Button size="compact-sm" variant="default" leftSection={<IconDownload size={15} />} onClick={save}>
          Save as file
        </Button>
        {may && facts !== undefined && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={pinned ? <IconPinnedOff size={15} /> : <IconPin size={15} />}
            loading={pin.isPending}
            onClick={() => pin.mutate(!pinned)}
          >
            {pinned ? 'Let it expire' : 'Pin'}
          </Button>
        )}
        {may && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconTrash size={15} />}
            onClick={() => setAsking(true)}
          >
            Delete
          </Button>
        )}
        <Button component={Link} href={page} size="compact-sm" rightSection={<IconArrowRight size={15} />}>
          Open the live page
        </Button>
      </div>
      <ReasonDialog
        opened={asking}
        title="Delete this snapshot"
        note="Links to it stop working. Files of it can be imported again."
        action="Delete snapshot"
        asks={false}
        onClose={() => setAsking(false)}
        onSay={async () => {
          await remove.mutateAsync(undefined);
          navigate('/snapshots');
          // After that: the one that is gone is not asked for any more.
          void invalidateBelow(client, '/api/snapshots');
        }}
      />
    </section>
  );
}

const FOR_GOOD = { retry: false, staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false };
/** A snapshot can be looked at, and nothing else. */
const LOOKING: Session = { subject: 'snapshot', role: 'viewer', expires_at: null };

function FrozenPage({ snapshot }: { snapshot: SnapshotFile }): ReactNode {
  const client = useMemo(() => {
    const made = new QueryClient({ defaultOptions: { queries: FOR_GOOD, mutations: { retry: false } } });
    made.setQueryData(SESSION_KEY, LOOKING);
    return made;
  }, []);
  const place = useFrozenPlace(snapshot.page);
  const [frozen, setFrozen] = useState(false);
  useEffect(() => {
    const thaw = api.freeze(new FrozenAnswers(snapshot.answers));
    setFrozen(true);
    return thaw;
  }, [snapshot]);
  if (!frozen) return null;
  return (
    <QueryClientProvider client={client}>
      <SilentLive>
        <Router hook={place.hook} searchHook={place.searchHook}>
          <ErrorBoundary place={snapshot.page}>
            <Suspense fallback={<Loader size="sm" m="xl" role="status" aria-label="loading" />}>
              <PageRoutes />
            </Suspense>
          </ErrorBoundary>
        </Router>
      </SilentLive>
    </QueryClientProvider>
  );
}

/** Filters and tabs of the page work within the snapshot; a link to another page leaves it. */
function useFrozenPlace(page: string): Pick<ReturnType<typeof memoryLocation>, 'hook' | 'searchHook'> {
  const [, leave] = useLocation();
  return useMemo(() => {
    const [path = '/', search = ''] = page.split('?');
    const memory = memoryLocation({ path, searchPath: search });
    const navigate: typeof memory.navigate = (to, options) => {
      const wanted = new URL(to, `${location.origin}${path}`);
      const address = `${wanted.pathname}${wanted.search}`;
      if (wanted.pathname === path) memory.navigate(address, options);
      else leave(address);
    };
    const hook: typeof memory.hook = () => [memory.hook()[0], navigate];
    return { hook, searchHook: memory.searchHook };
  }, [page, leave]);
}

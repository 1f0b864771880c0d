import { type Call, call } from '@benchwire/shared/client/http-client.ts';
import type { SnapshotAnswer, SnapshotFacts, SnapshotFile } from '@benchwire/shared/contracts/snapshot.ts';
import type { Query, QueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';

const LOADING_MS = 30_000;

type Asked = Pick<Call<unknown>, 'method' | 'path' | 'query' | 'body'>;

/** What a query of the page asked for: by its own word, or by the form of its key (use-api.ts). */
function askedBy({ meta, queryKey: [path, query] }: Query): Asked | undefined {
  if (meta?.asked !== undefined) return meta.asked as Asked;
  if (typeof path !== 'string' || !path.startsWith('/api/')) return undefined;
  if (typeof query !== 'object' || query === null) return undefined;
  return { method: 'GET', path, query: query as Asked['query'], body: undefined };
}

function isPages(data: unknown): data is { pages: unknown[]; pageParams: unknown[] } {
  return typeof data === 'object' && data !== null && 'pages' in data && 'pageParams' in data;
}

/** The answers that are on the screen. Lists that were paged have one for each page. */
export function answersShown(client: QueryClient): SnapshotAnswer[] {
  const shown = client.getQueryCache().findAll({ type: 'active' });
  return shown.flatMap((query): SnapshotAnswer[] => {
    const { data } = query.state;
    const asked = askedBy(query);
    if (asked === undefined || data === undefined) return [];
    const { method, path, body } = asked;
    const answerOf = (answer: unknown, more: Asked['query'] = {}): SnapshotAnswer => ({
      ...{ method: method as 'GET' | 'POST', path, query: sent({ ...asked.query, ...more }), answer },
      ...(body === undefined ? {} : { body }),
    });
    if (!isPages(data)) return [answerOf(data)];
    return data.pages.map((page, at) => answerOf(page, { cursor: String(data.pageParams[at] ?? '') }));
  });
}

/** As the address of the question has it: without what is empty. */
function sent(query: Asked['query']): SnapshotAnswer['query'] {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => {
      const values = [value].flat().filter((each) => each !== undefined && each !== null && each !== '');
      return values.length === 0 ? [] : [[name, values.length === 1 ? values[0] : values]];
    }),
  ) as SnapshotAnswer['query'];
}

/** Waits for what the page is still loading; a snapshot lacks what has not come within the time. */
async function loaded(client: QueryClient, most_ms: number): Promise<void> {
  const cache = client.getQueryCache();
  const isLoading = (): boolean =>
    cache.findAll({ type: 'active', fetchStatus: 'fetching' }).some(({ state }) => state.status === 'pending');
  if (!isLoading()) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(done, most_ms);
    const stop = cache.subscribe(() => {
      if (!isLoading()) done();
    });
  });
}

/** Stores what the page shows once its answers are there. */
export async function takeSnapshot(client: QueryClient, title: string): Promise<SnapshotFacts> {
  await loaded(client, LOADING_MS);
  const file: SnapshotFile = {
    ...{ benchwire_snapshot: 1, title, page: `${location.pathname}${location.search}` },
    taken_at: new Date().toISOString(),
    answers: answersShown(client),
  };
  if (file.answers.length === 0) throw new Error('This page shows no data yet.');
  return await api.send(call('POST /api/snapshots', { body: file }));
}

import type { Call } from '@benchwire/shared/client/http-client.ts';
import type { Page } from '@benchwire/shared/contracts/api/lists.ts';
import {
  keepPreviousData,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { api } from './client.ts';

/** For what the messages of the WebSocket tell too: only in case one was lost. */
const WHILE_OPEN_MS = 5000;

export interface GetOptions {
  /** False leaves the question unasked. */
  enabled?: boolean;
  /** Asks again so often; for what no topic of the WebSocket tells. */
  every_ms?: number;
}

/** The key of a call: everything below a path is invalidated with `[path]`. */
export const keyOf = ({ path, query }: Call<unknown>): readonly unknown[] => [path, query];

/** The key of a list's pages. */
export const pagesKeyOf = (what: Call<unknown>): readonly unknown[] => [...keyOf(what), 'pages'];

/** One GET of the API, kept and shared by its path and query. The last answer stays while a new query is asked. */
export function useGet<Answer>(
  what: Call<Answer>,
  options: GetOptions & {
    /** Asks again every 5 s for as long as this holds of the answer. */
    while?: (data: Answer) => boolean;
  } = {},
): UseQueryResult<Answer, Error> {
  const { every_ms, while: isOpen } = options;
  return useQuery<Answer, Error>({
    queryKey: keyOf(what),
    queryFn: ({ signal }) => api.send(what, { signal }),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      every_ms ?? (data !== undefined && isOpen?.(data) === true ? WHILE_OPEN_MS : false),
  });
}

/** A paged list; `items` of all pages that were asked for, in order. */
export function usePages<Item>(
  what: Call<Page<Item>>,
  options: GetOptions = {},
): UseInfiniteQueryResult<Item[], Error> {
  return useInfiniteQuery({
    queryKey: pagesKeyOf(what),
    queryFn: ({ pageParam, signal }) => api.send({ ...what, query: { ...what.query, cursor: pageParam } }, { signal }),
    initialPageParam: '',
    getNextPageParam: (last: Page<Item>) => last.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    ...(options.every_ms === undefined ? {} : { refetchInterval: options.every_ms }),
  });
}

/** A change: sends it, then asks again for everything below the paths in `invalidates`. */
export function useChange<Given, Answer>(
  callOf: (given: Given) => Call<Answer>,
  invalidates: readonly string[],
): UseMutationResult<Answer, Error, Given> {
  const client = useQueryClient();
  return useMutation<Answer, Error, Given>({
    mutationFn: (given) => api.send(callOf(given)),
    onSuccess: () => Promise.all(invalidates.map((path) => invalidateBelow(client, path))),
  });
}

/** Marks every answer below a path as old; those on the screen are asked for again. */
export function invalidateBelow(client: ReturnType<typeof useQueryClient>, path: string): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey: [first] }) => typeof first === 'string' && (first === path || first.startsWith(`${path}/`)),
  });
}

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
import { type Query, send } from './client.ts';
import type { Page } from './types.ts';

/** For what the messages of the WebSocket tell too: only in case one was lost. */
const WHILE_OPEN_MS = 5000;

export interface GetOptions {
  /** False leaves the question unasked. */
  enabled?: boolean;
  /** Asks again so often; for what no topic of the WebSocket tells. */
  every_ms?: number;
}

/** The key of a GET: everything below a path is invalidated with `[path]`. */
const keyOf = (path: string, query: Query): readonly unknown[] => [path, query];

/** One GET of the API, kept and shared by its path and query. The last answer stays while a new query is asked. */
export function useGet<T>(
  path: string,
  query: Query = {},
  options: GetOptions & {
    /** Asks again every 5 s for as long as this holds of the answer. */ while?: (data: T) => boolean;
  } = {},
): UseQueryResult<T, Error> {
  const { every_ms, while: isOpen } = options;
  return useQuery<T, Error>({
    queryKey: keyOf(path, query),
    queryFn: ({ signal }) => send<T>('GET', path, { query, signal }),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      every_ms ?? (data !== undefined && isOpen?.(data) === true ? WHILE_OPEN_MS : false),
  });
}

/** A paged list; `items` of all pages that were asked for, in order. */
export function usePages<T>(
  path: string,
  query: Query = {},
  options: GetOptions = {},
): UseInfiniteQueryResult<T[], Error> {
  return useInfiniteQuery({
    queryKey: [...keyOf(path, query), 'pages'],
    queryFn: ({ pageParam, signal }) => send<Page<T>>('GET', path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (last: Page<T>) => last.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    ...(options.every_ms === undefined ? {} : { refetchInterval: options.every_ms }),
  });
}

/** A change: sends it, then asks again for everything below the paths in `invalidates`. */
export function useSend<Given, Answer>(
  method: 'POST' | 'PUT' | 'DELETE',
  pathOf: (given: Given) => string,
  invalidates: readonly string[],
  bodyOf: (given: Given) => unknown = (given) => given,
): UseMutationResult<Answer, Error, Given> {
  const client = useQueryClient();
  return useMutation<Answer, Error, Given>({
    mutationFn: (given) => send<Answer>(method, pathOf(given), method === 'DELETE' ? {} : { body: bodyOf(given) }),
    onSuccess: () => Promise.all(invalidates.map((path) => invalidateBelow(client, path))),
  });
}

/** Marks every answer below a path as old; those on the screen are asked for again. */
export function invalidateBelow(client: ReturnType<typeof useQueryClient>, path: string): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey: [first] }) => typeof first === 'string' && (first === path || first.startsWith(`${path}/`)),
  });
}

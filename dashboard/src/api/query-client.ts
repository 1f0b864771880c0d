import { ApiProblem } from '@benchwire/shared/client/http-client.ts';
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { SESSION_KEY } from './session-key.ts';

/** What the user did wrong stays wrong: only no answer and the server's own errors are tried again. */
function isWorthRetrying(failures: number, error: Error): boolean {
  const status = error instanceof ApiProblem ? error.status : 0;
  return failures < 2 && (status === 0 || status >= 500);
}

/** A session that has ended shows with the next answer, whatever was asked: then the page asks to sign in again. */
const cache = new QueryCache({
  onError: (error, { queryKey }) => {
    if (error instanceof ApiProblem && error.status === 401 && queryKey[0] !== SESSION_KEY[0]) {
      void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
    }
  },
});

export const queryClient = new QueryClient({
  queryCache: cache,
  defaultOptions: {
    queries: { retry: isWorthRetrying, staleTime: 2_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './client.ts';

/** What the user did wrong stays wrong: only no answer and the server's own errors are tried again. */
function isWorthRetrying(failures: number, error: Error): boolean {
  const status = error instanceof ApiProblem ? error.status : 0;
  return failures < 2 && (status === 0 || status >= 500);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: isWorthRetrying, staleTime: 2_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

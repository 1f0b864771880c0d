import { ApiProblem, call } from '@benchwire/shared/client/http-client.ts';
import type { Role, Session } from '@benchwire/shared/contracts/http.ts';
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from './client.ts';
import { SESSION_KEY } from './session-key.ts';

/** Who is signed in; null for nobody. */
export function useSession(): UseQueryResult<Session | null, Error> {
  return useQuery<Session | null, Error>({
    queryKey: SESSION_KEY,
    queryFn: () => api.send(call('GET /api/session')).catch(nobodyWhenRefused),
    staleTime: 60_000,
  });
}

function nobodyWhenRefused(error: unknown): null {
  if (error instanceof ApiProblem && error.status === 401) return null;
  throw error;
}

/** Exchanges an API key, or the one-time token of the link that `npm start` prints, for the session's cookie. */
export function useSignIn(): (secret: { key: string } | { token: string }) => Promise<void> {
  const client = useQueryClient();
  return async (secret) => {
    await api.send(call('POST /api/session', { body: secret }));
    await client.resetQueries();
  };
}

export function useSignOut(): () => Promise<void> {
  return async () => {
    await api.send(call('DELETE /api/session'));
    // A new document has nothing of what was shown. Emptying the cache here would have this one ask for all of it again.
    location.assign('/');
  };
}

const RANK: Record<Role, number> = { viewer: 0, submitter: 1, operator: 2, admin: 3 };

/** Whether the signed-in person may do what a role may. The gateway decides; this only spares a click that it refuses. */
export function useMay(role: Role): boolean {
  const { data } = useSession();
  return data != null && RANK[data.role] >= RANK[role];
}

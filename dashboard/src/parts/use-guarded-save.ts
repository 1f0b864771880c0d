import { ApiProblem, call } from '@benchwire/shared/client/http-client.ts';
import { useRef } from 'react';
import { api } from '../api/client.ts';
import { useChange } from '../api/use-api.ts';

export interface GuardedSave {
  isPending: boolean;
  /** What is saved under a name; from now on this page may save over that revision. */
  open: (name: string) => Promise<unknown>;
  /** Saves over the revision that this page opened or saved last, and over nothing where it did neither. @throws ApiProblem SAVED_CHANGED */
  save: (name: string, body: Record<string, unknown>) => Promise<void>;
  /** Saves over whatever is there now. */
  replace: (name: string, body: Record<string, unknown>) => Promise<void>;
  remove: (name: string) => Promise<unknown>;
}

/** Saves values of a kind so that nobody replaces what somebody else saved without being asked (ADR 078). */
export function useGuardedSave(kind: 'queries' | 'filters'): GuardedSave {
  const known = useRef(new Map<string, number>());
  const lists = [call('GET /api/saved/:kind', { params: { kind } }).path];
  const put = useChange(
    ({ name, body, over }: { name: string; body: Record<string, unknown>; over: number }) =>
      call('PUT /api/saved/:kind/:name', { params: { kind, name }, query: { revision: over }, body }),
    lists,
  );
  const removing = useChange(
    (name: string) => call('DELETE /api/saved/:kind/:name', { params: { kind, name } }),
    lists,
  );
  const read = async (name: string): Promise<unknown> => {
    const { value, revision } = await api.send(call('GET /api/saved/:kind/:name', { params: { kind, name } }));
    known.current.set(name, revision);
    return value;
  };
  const save = async (name: string, body: Record<string, unknown>): Promise<void> => {
    const { revision } = await put.mutateAsync({ name, body, over: known.current.get(name) ?? 0 });
    known.current.set(name, revision);
  };
  return {
    isPending: put.isPending,
    open: read,
    save,
    replace: async (name, body) => {
      await read(name).catch((error: unknown) => {
        if (!(error instanceof ApiProblem) || error.status !== 404) throw error;
        known.current.delete(name);
      });
      await save(name, body);
    },
    remove: async (name) => {
      await removing.mutateAsync(name);
      known.current.delete(name);
    },
  };
}

/** Whether a value was refused because another one has its name. */
export const isTaken = (error: unknown): boolean => error instanceof ApiProblem && error.code === 'SAVED_CHANGED';

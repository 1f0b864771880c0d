import { ApiProblem, call } from '@benchwire/shared/client/http-client.ts';
import type { SettingState } from '@benchwire/shared/contracts/api/settings.ts';
import { type UseMutationResult, useQueryClient } from '@tanstack/react-query';
import { invalidateBelow, useChange } from '../../api/use-api.ts';

/** What settings change on other pages. */
const CHANGED = ['/api/settings', '/api/runs', '/api/series', '/api/audit'];

/** Changes a setting from the revision that is shown; null resets it. A change that somebody else was faster with shows theirs. */
export function useSettingChange({
  name,
  revision,
}: SettingState): UseMutationResult<SettingState, Error, SettingState['value']> & { isConflict: boolean } {
  const client = useQueryClient();
  const change = useChange(
    (value: SettingState['value']) =>
      value === null
        ? call('DELETE /api/settings/:name', { params: { name }, query: { revision } })
        : call('PUT /api/settings/:name', { params: { name }, body: { revision, value } }),
    CHANGED,
  );
  const isConflict = change.error instanceof ApiProblem && change.error.status === 409;
  const mutate: typeof change.mutate = (value, options) =>
    change.mutate(value, {
      ...options,
      onError: (...failed) => {
        void invalidateBelow(client, '/api/settings');
        options?.onError?.(...failed);
      },
    });
  return { ...change, mutate, isConflict };
}

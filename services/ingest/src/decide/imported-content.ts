import { createHash } from 'node:crypto';
import { IMPORTED } from '@benchwire/shared/contracts/imported.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';

/**
 * Names imported results by what they are: the benchmarks with their values, device and time, and the commit and branch that they are
 * of. Neither the request's name, tags and ids nor what else is known of the commit make other results. Undefined for a request that
 * imports nothing. Pure.
 */
export function importedContent({ source }: Request, tasks: readonly Task[]): string | undefined {
  if (tasks.length === 0 || tasks.some(({ executor }) => executor !== IMPORTED)) return undefined;
  const { commit = null, branch = null, pull_request = null } = source ?? {};
  const results = tasks.map(({ benchmark, config }) => JSON.stringify([benchmark, config])).sort();
  const hash = createHash('sha256').update(JSON.stringify([commit, branch, pull_request]));
  for (const each of results) hash.update(each).update('\n');
  return `imported:${hash.digest('hex')}`;
}

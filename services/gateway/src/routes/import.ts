import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { importApi } from '@benchwire/shared/contracts/api/import.ts';
import { importRequests } from '@benchwire/shared/import/import-requests.ts';
import { readTags } from '@benchwire/shared/import/read-tags.ts';
import { readWithPlugins } from '@benchwire/shared/plugins/import-with-plugin.ts';
import { HttpProblem } from '../problem.ts';
import type { Handlers } from './route.ts';

export const importHandlers: Handlers<typeof importApi> = {
  'POST /api/import': async ({ gateway, request, query }) => {
    const content = request.body;
    if (!(content instanceof Readable))
      throw new HttpProblem(
        content === undefined ? 422 : 415,
        'FILE_MISSING',
        "The body of this route is the tool's output itself, as application/octet-stream.",
      );
    const { file, format, name, device, commit, branch, repo, base, time, tags, ...mapping } = query;
    const read = await readWithPlugins({ file, bytes: await buffer(content), format, mapping }, gateway.import_plugins);
    const named = { commit, branch, repo, base };
    const source = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
    const measured_at = time === undefined ? undefined : new Date(time).toISOString();
    const requests = importRequests(read, { device, source, measured_at, name, tags: readTags(tags) });
    const runs = [];
    for (const each of requests) runs.push(await gateway.client.submitWritten(each));
    return { format: read.format, benchmarks: read.benchmarks.length, runs, notes: read.notes };
  },
};

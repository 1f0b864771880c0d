import type { snapshotApi } from '@benchwire/shared/contracts/api/snapshots.ts';
import type { SnapshotFacts } from '@benchwire/shared/contracts/snapshot.ts';
import { checkSnapshot } from '../decide/check-snapshot.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import type { Handlers } from './route.ts';

function find({ snapshots }: Gateway, id: string): SnapshotFacts {
  const facts = snapshots.find(id, Date.now());
  if (facts === undefined) throw notFound(`snapshot ${id.slice(0, 12)}: it may have expired`);
  return facts;
}

export const snapshotHandlers: Handlers<typeof snapshotApi> = {
  'GET /api/snapshots': async ({ gateway }) => ({ items: gateway.snapshots.list(Date.now()) }),

  'POST /api/snapshots': async ({ gateway, body, caller, reply }) => {
    const checked = checkSnapshot(body);
    if (!checked.ok)
      throw new HttpProblem(
        422,
        'SNAPSHOT_INVALID',
        'This is not a snapshot that can be shown here.',
        checked.issues.slice(0, 20),
      );
    const { facts, was_there } = await gateway.snapshots.save(checked.file, caller.subject, new Date());
    if (was_there) reply.code(200);
    return facts;
  },

  'GET /api/snapshots/:id': async ({ gateway, params: { id } }) => {
    find(gateway, id);
    const file = await gateway.snapshots.read(id);
    if (file === undefined) throw notFound(`content of snapshot ${id.slice(0, 12)}`);
    return file;
  },

  'PUT /api/snapshots/:id': ({ gateway, params: { id }, body: { pinned } }) =>
    gateway.snapshots.pin(find(gateway, id), pinned, new Date()),

  'DELETE /api/snapshots/:id': async ({ gateway, params: { id } }) => {
    if (gateway.snapshots.find(id, Date.now()) !== undefined) await gateway.snapshots.delete(id);
    return null;
  },
};

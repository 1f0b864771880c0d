import { z } from 'zod';
import { MAX_SNAPSHOT_BYTES, snapshotFacts, snapshotFile } from '../snapshot.ts';
import { listAnswer } from './lists.ts';
import { signatures } from './signature.ts';

/** The hash of the content. */
const params = z.object({ id: z.string().regex(/^[0-9a-f]{12,64}$/) });

/** Pages with the data that they showed. Since 0.6. */
export const snapshotApi = signatures({
  'GET /api/snapshots': { role: 'viewer', summary: 'Snapshots, the newest first', answer: listAnswer(snapshotFacts) },
  'POST /api/snapshots': {
    role: 'submitter',
    summary:
      'Store a snapshot of a page, or import the file of one; 200 where the same is there, 422 where an answer in it is none of its route',
    body: snapshotFile,
    max_body_bytes: MAX_SNAPSHOT_BYTES,
    answer: snapshotFacts,
    status: 201,
    other_status: 200,
  },
  'GET /api/snapshots/:id': {
    role: 'viewer',
    summary: 'One snapshot with its data; this is also its file',
    params,
    answer: snapshotFile,
  },
  'PUT /api/snapshots/:id': {
    role: 'submitter',
    summary: 'Pin it, so that it does not expire, or let it expire after 90 days',
    params,
    body: z.strictObject({ pinned: z.boolean() }),
    answer: snapshotFacts,
  },
  'DELETE /api/snapshots/:id': {
    role: 'submitter',
    summary: 'Delete it',
    params,
    answer: z.null(),
    status: 204,
  },
});

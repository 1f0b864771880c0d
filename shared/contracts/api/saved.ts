import { z } from 'zod';
import { visibleText } from '../../format/visible-text.ts';
import { savedKind } from '../http.ts';
import { MAX_SAVED_BYTES } from '../limits.ts';
import { listAnswer } from './lists.ts';
import { signatures } from './signature.ts';

const params = z.object({ kind: savedKind, name: z.string().min(1).max(128) });
/** Of what is saved now: a name that can be seen whole. What has another name may still be read and deleted. */
const newParams = params.extend({
  name: params.shape.name.refine((name) => visibleText(name) === name, 'has control or invisible characters'),
});

const saved = z.object({
  name: z.string(),
  value: z.unknown(),
  /** Of this state of it: it grows whenever somebody saves. 0 where it is not known. Since 0.6, as the two below. */
  revision: z.int().min(0).default(0),
  /** Who saved it last, and when; null for what was saved before 0.4. */
  saved_by: z.string().nullable().default(null),
  saved_at: z.string().nullable().default(null),
});
export type Saved = z.infer<typeof saved>;

/** What is known of a saved value without reading it. */
export const savedFacts = z.object({
  name: z.string(),
  /** Who saved it last, and when; null for what was saved before 0.4. */
  saved_by: z.string().nullable(),
  saved_at: z.string().nullable(),
  bytes: z.int(),
});
export type SavedFacts = z.infer<typeof savedFacts>;

export const savedApi = signatures({
  'GET /api/saved/:kind': {
    role: 'viewer',
    summary: 'Saved layouts, queries or filters of lists, without their values',
    params: z.object({ kind: savedKind }),
    answer: listAnswer(savedFacts),
  },
  'GET /api/saved/:kind/:name': { role: 'viewer', summary: 'One of them', params, answer: saved },
  'PUT /api/saved/:kind/:name': {
    role: 'submitter',
    summary:
      'Save one; the body is kept as it is. With `revision` only over that one (0: only where there is none), else 409 SAVED_CHANGED',
    params: newParams,
    query: z.strictObject({ revision: z.coerce.number().pipe(z.int().min(0)).optional() }),
    body: z.record(z.string(), z.unknown()),
    // With room for blanks, since what counts is what is stored.
    max_body_bytes: 2 * MAX_SAVED_BYTES,
    answer: saved,
  },
  'DELETE /api/saved/:kind/:name': {
    role: 'submitter',
    summary: 'Take one away',
    params,
    answer: z.null(),
    status: 204,
  },
});

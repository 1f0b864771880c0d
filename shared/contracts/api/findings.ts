import { z } from 'zod';
import { ARCHIVED_CHOICES } from '../archived-choice.ts';
import { finding, findingKind, findingState } from '../finding.ts';
import { FINDING_SORTS } from '../finding-sort.ts';
import { runId } from '../ids.ts';
import { findingRow, incidentRow, precisionRow } from '../rows.ts';
import { cursor, limitOf, listOf, pageOf, since } from './lists.ts';
import { signatures } from './signature.ts';

/** Of one request. */
const MAX_DECIDED = 500;

const params = z.object({ id: z.string().min(1).max(512) });

const actBody = z.strictObject({ reason: z.string().max(2000).default(''), link: z.url().max(2048).nullish() });

/** What a person decides. The body is checked by `actRequest`, which says what an action needs; `needed` is for the documentation. */
function act(summary: string, needed: z.ZodType = actBody) {
  const { $schema: _, ...json } = z.toJSONSchema(needed, { io: 'input', reused: 'inline' });
  return {
    role: 'submitter',
    summary,
    params,
    body: actBody.default({ reason: '' }).meta(json),
    answer: z.object({ finding_id: z.string(), revision: z.int(), state: findingState }),
  } as const;
}

export const findingApi = signatures({
  'GET /api/findings': {
    role: 'viewer',
    summary: 'Findings, sorted; the newest first unless said otherwise',
    query: z.strictObject({
      run_id: runId.optional(),
      kind: findingKind.optional(),
      states: listOf(findingState),
      series_id: z.string().max(64).optional(),
      incident_id: z.string().max(512).optional(),
      search: z.string().max(256).default(''),
      /** How it begins, as of branch and commit. */
      benchmark: z.string().max(256).optional(),
      model: z.string().max(4096).optional(),
      commit: z.string().max(128).optional(),
      branch: z.string().max(256).optional(),
      /** Looked for in the name of who wrote the commit. */
      author: z.string().max(256).optional(),
      /** Findings of archived runs: left out unless `include` or `only` is asked for, or the run itself. */
      archived: z.enum(['', ...ARCHIVED_CHOICES]).optional(),
      since,
      /** Found before. */
      until: since,
      sort: z.enum(FINDING_SORTS).default('detected_at'),
      descending: z.stringbool().default(true),
      limit: limitOf(50),
      cursor,
    }),
    answer: pageOf(findingRow),
  },
  'GET /api/findings/:id': {
    role: 'viewer',
    summary: 'One finding with the numbers behind it',
    params,
    answer: finding,
  },
  'POST /api/findings/:id/acknowledge': act('It is right, and somebody looks after it'),
  'POST /api/findings/:id/dismiss': act(
    'Dismiss it as a false alarm, with a reason: the detector learns from it',
    actBody.extend({ reason: z.string().regex(/\S/).max(2000) }),
  ),
  'POST /api/findings/:id/reopen': act('Back to confirmed'),
  'POST /api/findings/:id/link': act('Where it is followed up', actBody.extend({ link: z.url().max(2048) })),
  'POST /api/decisions': {
    role: 'submitter',
    summary: 'Acknowledge, dismiss or reopen many; those that are refused are left as they are, with the reason',
    body: z
      .strictObject({
        finding_ids: z.array(z.string().min(1).max(512)).min(1).max(MAX_DECIDED),
        action: z.enum(['acknowledge', 'dismiss', 'reopen']),
        reason: z.string().max(2000).default(''),
      })
      .refine(({ action, reason }) => action !== 'dismiss' || /\S/.test(reason), {
        path: ['reason'],
        message: 'say why: the detector learns from it',
      }),
    answer: z.object({
      decided: z.array(z.object({ finding_id: z.string(), state: findingState })),
      refused: z.array(z.object({ finding_id: z.string(), message: z.string() })),
    }),
  },
  'GET /api/incidents': {
    role: 'viewer',
    summary: 'Findings of one cause, together',
    query: z.strictObject({ only_open: z.stringbool().default(false), limit: limitOf(50) }),
    answer: pageOf(incidentRow),
  },
  'GET /api/incidents/:id': { role: 'viewer', summary: 'One incident', params, answer: incidentRow },
  'GET /api/precision': {
    role: 'viewer',
    summary: 'How often findings were right',
    query: z.strictObject({ limit: limitOf(100) }),
    answer: pageOf(precisionRow),
  },
});

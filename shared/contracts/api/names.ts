import { z } from 'zod';
import { givenName, namedKind, namePut } from '../given-name.ts';
import { listAnswer } from './lists.ts';
import { signatures } from './signature.ts';

const named = givenName.omit({ v: true });

export const nameApi = signatures({
  'GET /api/names': {
    role: 'viewer',
    summary: 'Names and notes that people gave to workers and pools',
    answer: listAnswer(named),
  },
  'PUT /api/names/:kind/:id': {
    role: 'operator',
    summary: 'Give a worker or a pool a name and a note; without either it is called by its id again',
    params: z.object({ kind: namedKind, id: z.string().min(1).max(256) }),
    body: namePut,
    answer: named,
  },
});

import { z } from 'zod';
import { benchmarkPattern, gateRule, gateRules, writtenGate } from '../gate.ts';
import { signatures } from './signature.ts';

const params = z.object({ benchmark: benchmarkPattern });

export const gateApi = signatures({
  'GET /api/gates': {
    role: 'viewer',
    summary: "The server's gates by benchmark: what of a verdict makes a run fail, where its request does not say it",
    answer: z.object({ rules: gateRules }),
  },
  'PUT /api/gates/:benchmark': {
    role: 'operator',
    summary: 'Set the gate of a benchmark, or of all that a pattern with `*` fits; verdicts follow it from then on',
    params,
    body: writtenGate,
    answer: gateRule,
  },
  'DELETE /api/gates/:benchmark': {
    role: 'operator',
    summary: 'Remove the gate of a benchmark',
    params,
    answer: z.null(),
    status: 204,
  },
});

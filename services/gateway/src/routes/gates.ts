import { changeGate, readGates } from '@benchwire/shared/client/gates.ts';
import type { gateApi } from '@benchwire/shared/contracts/api/gates.ts';
import { gateRules } from '@benchwire/shared/contracts/gate.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { HttpProblem, notFound } from '../problem.ts';
import type { Handlers } from './route.ts';

export const gateHandlers: Handlers<typeof gateApi> = {
  'GET /api/gates': async ({ gateway }) => ({ rules: await readGates(gateway.client.nats) }),

  'PUT /api/gates/:benchmark': async ({ gateway, params: { benchmark }, body: gate, caller }) => {
    const change = { benchmark, gate, by: caller.subject, now: new Date() };
    await changeGate(gateway.client.nats, change, (rules) => {
      const parsed = parseWith(gateRules, rules);
      if (parsed.ok) return parsed.value;
      throw new HttpProblem(
        422,
        'BODY_INVALID',
        `The gate is not valid for "${visibleText(benchmark)}".`,
        parsed.issues,
      );
    });
    return { benchmark, gate };
  },

  'DELETE /api/gates/:benchmark': async ({ gateway, params: { benchmark }, caller }) => {
    const change = { benchmark, gate: null, by: caller.subject, now: new Date() };
    if (await changeGate(gateway.client.nats, change, (rules) => [...rules])) return null;
    throw notFound(`gate for "${visibleText(benchmark)}"`);
  },
};

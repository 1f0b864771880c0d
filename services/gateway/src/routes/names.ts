import type { nameApi } from '@benchwire/shared/contracts/api/names.ts';
import { type GivenName, givenNameKey } from '@benchwire/shared/contracts/given-name.ts';
import { HttpProblem } from '../problem.ts';
import type { Handlers } from './route.ts';

/** All of them are asked for at once. */
const MAX_NAMES = 10_000;

const shown = ({ v: _, ...name }: GivenName): Omit<GivenName, 'v'> => name;

export const nameHandlers: Handlers<typeof nameApi> = {
  'GET /api/names': async ({ gateway }) => ({ items: gateway.names.entries().map(([, name]) => shown(name)) }),

  'PUT /api/names/:kind/:id': async ({ gateway: { names }, params, body, caller }) => {
    const key = givenNameKey(params);
    const given: GivenName = { v: 1, ...params, ...body, by: caller.subject, at: new Date().toISOString() };
    if (body.name === '' && body.note === '') {
      await names.delete(key);
      return shown(given);
    }
    if (names.get(key) === undefined && names.entries().length >= MAX_NAMES)
      throw new HttpProblem(409, 'TOO_MANY_NAMES', `${MAX_NAMES} names are given here: take some away.`);
    await names.put(key, given);
    return shown(given);
  },
};

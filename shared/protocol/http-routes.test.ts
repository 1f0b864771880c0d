import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { API_ROUTES } from '../contracts/api/api.ts';
import { withRouteTable } from './http-routes.ts';

it('docs/http.md has the routes and their roles as the signatures are now; `npm run schemas` writes them', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/http.md'), 'utf8');
  expect(withRouteTable(page)).toBe(page);
});

it('no route stands in two tables', () => {
  const names = API_ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(names).size).toBe(names.length);
});

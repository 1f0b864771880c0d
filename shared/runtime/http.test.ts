import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ServiceHttp, startHttp } from './http.ts';

let http: ServiceHttp;

beforeEach(async () => {
  http = await startHttp({ HTTP_HOST: '127.0.0.1', HTTP_PORT: 0 }, 'test');
});
afterEach(() => http.stop());

const ask = async (path: string, method = 'GET'): Promise<[number, string]> => {
  const response = await fetch(`http://127.0.0.1:${http.port}${path}`, { method });
  return [response.status, (await response.text()).trim()];
};

it('says of what is not there yet that it is still starting, and only then that there is no such thing', async () => {
  const [status, text] = await ask('/api/runs');
  expect([status, JSON.parse(text)]).toMatchObject([
    503,
    { code: 'NOT_READY', detail: expect.stringContaining('still starting') },
  ]);
  expect((await ask('/healthz'))[0]).toBe(200);
  expect((await ask('/readyz'))[0]).toBe(503);
  http.addReadiness('start', () => undefined);
  expect((await ask('/api/runs'))[0]).toBe(404);
  expect((await ask('/readyz'))[0]).toBe(200);
});

it('keeps its own paths to itself', async () => {
  http.serve((_, response) => response.end('more'));
  expect(await ask('/api/runs', 'POST')).toEqual([200, 'more']);
  expect((await ask('/healthz', 'POST'))[0]).toBe(405);
  expect((await ask('/metrics'))[1]).toContain('service="test"');
});

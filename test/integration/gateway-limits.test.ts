import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import { MAX_SAVED_PER_CALLER } from '@benchwire/shared/contracts/limits.ts';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { rawHttp } from '../support/raw-http.ts';

/** What the gateway's own door takes, without a stack behind it. */
const OWN_KEY = 'bw_0123456789012345678901234567890123456789';
let fixture: NatsFixture;
let gateway: GatewayProcess | undefined;

beforeAll(async () => {
  fixture = await natsFixture();
}, 60_000);
afterEach(async () => {
  await gateway?.service.stop();
  gateway = undefined;
});
afterAll(() => fixture?.stop());

async function start(env: Record<string, string> = {}): Promise<GatewayProcess> {
  gateway = await startGateway(fixture, { BENCHWIRE_API_KEY: OWN_KEY, ...env });
  return gateway;
}

type Headers = Record<string, string>;
const own = { authorization: `Bearer ${OWN_KEY}` };

async function statusOf(url: string, headers: Headers): Promise<number> {
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  return response.status;
}

async function statusesOf(url: string, headers: readonly Headers[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const each of headers) statuses.push(await statusOf(url, each));
  return statuses;
}

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

describe('how often', () => {
  it('somebody without a good key may ask is counted by address, whatever stands in the headers; a good key still gets in', async () => {
    const { url } = await start({ FAILURE_LIMIT_PER_MINUTE: '10' });
    const guesses = await statusesOf(
      `${url}/api/session`,
      times(30, (at) => ({
        authorization: `Bearer guess-${at}`,
        cookie: `bw_session=${at}`,
        'x-forwarded-for': `10.0.0.${at}`,
      })),
    );
    expect(guesses.slice(0, 10)).toEqual(times(10, () => 401));
    expect(new Set(guesses.slice(12))).toEqual(new Set([429]));
    expect(await statusOf(`${url}/api/session`, own)).toBe(200);
    const signIns = await Promise.all(
      times(5, (at) =>
        fetch(`${url}/api/session`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `junk ${at}` },
          body: JSON.stringify({ key: `guess-${at}` }),
        }),
      ),
    );
    expect(signIns.map(({ status }) => status)).toEqual(times(5, () => 429));
    expect(Number(signIns[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('a caller may ask is counted by who it is: blanks, other spellings and sessions of the same key are no other caller', async () => {
    const made = await createApiKey(fixture.nats, { name: 'limited', role: 'viewer' });
    const other = await createApiKey(fixture.nats, { name: 'limited', role: 'viewer' });
    const { url } = await start({ RATE_LIMIT_PER_MINUTE: '60' });
    const signed = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: made.key }),
    });
    expect(signed.status).toBe(200);
    const cookie = (signed.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const statuses = await statusesOf(
      `${url}/api/session`,
      times(16, (at) =>
        at % 2 === 0 ? { cookie, 'x-junk': String(at) } : { authorization: `bEARER ${' '.repeat(at)}${made.key}` },
      ),
    );
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(13);
    expect(statuses.at(-1)).toBe(429);
    expect(await statusOf(`${url}/api/session`, { authorization: `Bearer ${other.key}` })).toBe(200);
  });

  it('a large body counts as many requests', async () => {
    const { url } = await start({ RATE_LIMIT_PER_MINUTE: '100' });
    const send = async (): Promise<number> => {
      const response = await fetch(`${url}/api/runs?dry_run=true`, {
        method: 'POST',
        headers: { ...own, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'x'.repeat(1_000_000) }),
      });
      return response.status;
    };
    expect([await send(), await send()]).toEqual([200, 429]);
  });

  it('an address may ask is counted before anybody knows who asks, and files and documents count too', async () => {
    const { url } = await start({ ADDRESS_LIMIT_PER_MINUTE: '5' });
    const statuses = await statusesOf(
      `${url}/openapi.json`,
      times(7, () => ({})),
    );
    expect(statuses.slice(0, 5)).toEqual(times(5, () => 200));
    expect(statuses.at(-1)).toBe(429);
    expect(await statusOf(`${url}/api/session`, own)).toBe(429);
  });

  it('behind a proxy the address is what the proxy itself wrote, and only where the configuration says that there is one', async () => {
    const forwarded = (value: string): Headers => ({ 'x-forwarded-for': value });
    const plain = await start({ ADDRESS_LIMIT_PER_MINUTE: '3' });
    const direct = await statusesOf(
      `${plain.url}/openapi.json`,
      times(5, (at) => forwarded(`203.0.113.${at}`)),
    );
    expect(direct.at(-1)).toBe(429);
    await plain.service.stop();
    const proxied = await start({ ADDRESS_LIMIT_PER_MINUTE: '3', TRUST_PROXY: 'true' });
    const spoofed = await statusesOf(
      `${proxied.url}/openapi.json`,
      times(5, (at) => forwarded(`198.51.100.${at}, 203.0.113.9`)),
    );
    expect(spoofed.at(-1)).toBe(429);
    const network = await statusesOf(
      `${proxied.url}/openapi.json`,
      times(5, (at) => forwarded(`2001:db8:1:2::${at + 1}`)),
    );
    expect(network.at(-1)).toBe(429);
    expect(await statusOf(`${proxied.url}/openapi.json`, forwarded('203.0.113.10'))).toBe(200);
  });
});

describe('what is no request', () => {
  const problem = async (port: number, ...parts: string[]) => {
    const answer = await rawHttp(port, ...parts);
    expect(answer.head.toLowerCase(), answer.head).toContain('application/problem+json');
    return { status: answer.status, code: JSON.parse(answer.body).code as string };
  };
  const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n\r\n`;

  it('is refused with a problem that says why', async () => {
    const { port } = await start();
    const host = `Host: 127.0.0.1:${port}`;
    const get = 'GET /openapi.json HTTP/1.1';
    expect(await problem(port, lines(get, host, host))).toEqual({ status: 400, code: 'HOST_INVALID' });
    expect(await problem(port, lines(get, host, 'hOST: other'))).toEqual({ status: 400, code: 'HOST_INVALID' });
    expect(await problem(port, lines(get, 'Accept: */*'))).toEqual({ status: 400, code: 'HOST_INVALID' });
    expect(await problem(port, lines(get, 'Host: a@b'))).toEqual({ status: 400, code: 'HOST_INVALID' });
    expect(await problem(port, lines(get, host, 'Expect: a-miracle'))).toEqual({
      status: 417,
      code: 'EXPECTATION_UNKNOWN',
    });
    const upgrade = ['GET /api/ws HTTP/1.1', host, 'Connection: Upgrade'];
    expect(await problem(port, lines(...upgrade, 'Upgrade: h2c'))).toEqual({ status: 426, code: 'UPGRADE_UNKNOWN' });
    expect(
      await problem(
        port,
        lines(...upgrade, 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short'),
      ),
    ).toEqual({ status: 400, code: 'UPGRADE_INVALID' });
    expect(
      await problem(
        port,
        lines(
          ...upgrade,
          host,
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
        ),
      ),
    ).toEqual({ status: 400, code: 'HOST_INVALID' });
  });

  it('a body that is too large is refused in a way that its sender reads, with and without a length', async () => {
    const { port } = await start();
    const head = [
      'POST /api/runs HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${OWN_KEY}`,
      'Content-Type: application/json',
    ];
    const bytes = 'x'.repeat(1_000_000);
    const sent = await rawHttp(port, lines(...head, `Content-Length: ${9 * bytes.length}`), ...times(9, () => bytes));
    expect([sent.status, JSON.parse(sent.body).code]).toEqual([413, 'BODY_TOO_LARGE']);
    // Who writes all of it before reading anything gets the answer too, on a connection that goes on.
    const answer = await fetch(`http://127.0.0.1:${port}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bytes.repeat(20),
    });
    expect(answer.status).toBe(413);
    expect(answer.headers.get('connection')).not.toBe('close');
    const chunk = `${bytes.length.toString(16)}\r\n${bytes}\r\n`;
    const chunked = await rawHttp(
      port,
      lines(...head, 'Transfer-Encoding: chunked'),
      ...times(9, () => chunk),
      '0\r\n\r\n',
    );
    expect([chunked.status, JSON.parse(chunked.body).code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('nobody unknown has a large body read: not for signing in, not where there is no route', async () => {
    const { url } = await start();
    const send = (path: string, body: string): Promise<Response> =>
      fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect((await send('/api/session', '['.repeat(6_000_000))).status).toBe(413);
    expect((await send('/api/session', '['.repeat(3000))).status).toBe(400);
    expect((await send('/api/nothing', '['.repeat(6_000_000))).status).toBe(404);
    expect((await send('/api/runs', '['.repeat(6_000_000))).status).toBe(401);
  });
});

describe('answers and cookies', () => {
  const signIn = (url: string): Promise<Response> =>
    fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: OWN_KEY }),
    });

  it('of the API are kept by no cache, whatever their status', async () => {
    const { url } = await start();
    const answers = [
      await fetch(`${url}/api/session`, { headers: own }),
      await fetch(`${url}/api/session`),
      await fetch(`${url}/api/nothing`),
      await signIn(url),
    ];
    expect(answers.map((each) => [each.status, each.headers.get('cache-control')])).toEqual([
      [200, 'no-store'],
      [401, 'no-store'],
      [404, 'no-store'],
      [200, 'no-store'],
    ]);
  });

  it('over HTTP the cookie has the port in its name, since browsers share cookies between ports; over TLS it is bound to its host', async () => {
    const plain = await start();
    expect((await signIn(plain.url)).headers.get('set-cookie')).toMatch(new RegExp(`^bw_session_${plain.port}=`));
    await plain.service.stop();
    const behind = await start({ TRUST_PROXY: '1' });
    const set = (await signIn(behind.url)).headers.get('set-cookie') ?? '';
    expect(set).toMatch(/^__Host-bw_session=/);
    expect(set).toMatch(/; Secure/);
    expect(set).toMatch(/; Path=\//);
    expect(set).not.toMatch(/Domain/);
    expect(await statusOf(`${behind.url}/api/session`, { cookie: set.split(';')[0] ?? '' })).toBe(200);
    expect(
      await statusOf(`${behind.url}/api/session`, { cookie: (set.split(';')[0] ?? '').replace('__Host-', '') }),
    ).toBe(401);
  });

  it('pages of allowed sites may save and delete as well as read', async () => {
    const { url } = await start({ CORS_ORIGINS: 'https://app.example' });
    for (const method of ['PUT', 'DELETE', 'POST']) {
      const answer = await fetch(`${url}/api/saved/layouts/a`, {
        method: 'OPTIONS',
        headers: { origin: 'https://app.example', 'access-control-request-method': method },
      });
      expect(answer.headers.get('access-control-allow-methods')).toContain(method);
    }
  });

  it('a sign-in link opens one session, also after the gateway has started again', async () => {
    const token = 'a sign-in token that is long enough for one';
    const open = async (url: string): Promise<number> => {
      const body = JSON.stringify({ token });
      return (
        await fetch(`${url}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      ).status;
    };
    const first = await start({ BENCHWIRE_SIGN_IN_TOKEN: token });
    expect(await Promise.all([open(first.url), open(first.url)])).toSatisfy(
      (statuses: number[]) => statuses.toSorted().join() === '200,401',
    );
    await first.service.stop();
    const second = await start({ BENCHWIRE_SIGN_IN_TOKEN: token });
    expect(await open(second.url)).toBe(401);
    expect(await second.service.stop()).toBe(0);
    // What says so has no time to live, unlike sessions; and a token that was never used does not become younger by a restart.
    const { config } = await fixture.manager.streams.info('KV_sign_in_links');
    expect(config.max_age).toBe(0);
  });
});

describe('tokens of an issuer', () => {
  it.each([
    ['a time that is none', { exp: 1e15 }, /exp/],
    ['a time far beyond any date', { exp: 4e12 }, /exp/],
    ['an empty subject', { sub: '' }, /sub/],
    ['a long subject', { sub: 'x'.repeat(257) }, /sub/],
    ['control characters in the subject', { sub: 'ada\u001b[2J' }, /sub/],
    ['a subject that reads backwards', { sub: 'ada\u202e' }, /sub/],
  ])('with %s are refused as not valid', async (_, changed, message) => {
    const secret = 'a secret that nobody guesses, of 32 bytes or more';
    const { url } = await start({ JWT_SECRET: secret, JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'benchwire' });
    const sign = (claims: object): Promise<string> =>
      new SignJWT({ iss: 'https://login.example', aud: 'benchwire', sub: 'ada', role: 'viewer', exp: 4e9, ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret));
    const ask = async (claims: object): Promise<Response> =>
      fetch(`${url}/api/session`, { headers: { authorization: `Bearer ${await sign(claims)}` } });
    expect((await ask({})).status).toBe(200);
    const refused = await ask(changed);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ code: 'TOKEN_INVALID', detail: expect.stringMatching(message) });
  });
});

describe('saved values', () => {
  it('have a size, a number for each caller, and names that can be read; the list comes without them', async () => {
    const made = await createApiKey(fixture.nats, { name: 'saver', role: 'submitter' });
    const { url } = await start();
    const put = async (name: string, value: unknown, key = made.key): Promise<number> => {
      const response = await fetch(`${url}/api/saved/layouts/${encodeURIComponent(name)}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(value),
      });
      return response.status;
    };
    await vi.waitFor(async () => expect(await put('one', { a: 1 })).toBe(200), 5000);
    expect(await put('large', { a: 'x'.repeat(70_000) })).toBe(413);
    expect(await put('huge', { a: 'x'.repeat(7_000_000) })).toBe(413);
    expect(await put('mi\u202ene', { a: 1 })).toBe(400);
    const list = async (at = url): Promise<unknown[]> => {
      const answer = await fetch(`${at}/api/saved/layouts`, { headers: own });
      return ((await answer.json()) as { items: unknown[] }).items;
    };
    expect(await list()).toEqual([{ name: 'one', saved_by: 'saver', saved_at: expect.any(String), bytes: 7 }]);
    for (let at = 2; at <= MAX_SAVED_PER_CALLER; at++) expect(await put(`n${at}`, { at })).toBe(200);
    expect(await put('one too many', {})).toBe(409);
    expect(await put('one', { again: true })).toBe(200);
    expect(await put('of another', {}, OWN_KEY)).toBe(200);
    await gateway?.service.stop();
    expect(await list((await start()).url)).toHaveLength(MAX_SAVED_PER_CALLER + 1);
  }, 60_000);
});

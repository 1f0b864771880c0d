import { createApiKey, revokeApiKey } from '@benchwire/shared/client/api-keys.ts';
import { CLOSE_UNAUTHORIZED } from '@benchwire/shared/contracts/close-codes.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';

const secret = 'a secret that nobody guesses, of 32 bytes or more';
let fixture: NatsFixture;
let gateway: GatewayProcess;

beforeAll(async () => {
  fixture = await natsFixture();
  gateway = await startGateway(fixture, {
    ...{ JWT_SECRET: secret, JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'benchwire' },
  });
}, 60_000);
afterAll(async () => {
  await gateway?.service.stop();
  await fixture?.stop();
});

type Headers = Record<string, string>;

/** An open socket, what it was told, and how it was closed. */
async function open(path: string, headers: Headers) {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}${path}`, { headers } as unknown as string[]);
  const frames: Array<Record<string, unknown>> = [];
  const closed = Promise.withResolvers<{ code: number; reason: string; at: number }>();
  socket.onmessage = ({ data }) => frames.push(JSON.parse(String(data)));
  socket.onclose = ({ code, reason }) => closed.resolve({ code, reason, at: performance.now() });
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('refused'));
  });
  const say = (frame: object): void => socket.send(JSON.stringify(frame));
  return { socket, frames, say, closed: closed.promise };
}

interface Entry {
  headers: Headers;
  /** Ends what lets in. @returns when it was over, by the monotonic clock */
  end(): Promise<number>;
}

async function keyFor(expires_at: string | null = null) {
  const made = await createApiKey(fixture.nats, { name: 'socket', role: 'viewer', expires_at });
  const headers = { authorization: `Bearer ${made.key}` };
  await vi.waitFor(async () => expect((await fetch(`${gateway.url}/api/session`, { headers })).status).toBe(200), 5000);
  return { ...made, headers };
}

async function sessionOf(key: string): Promise<Headers> {
  const body = JSON.stringify({ key });
  const signed = await fetch(`${gateway.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { cookie: (signed.headers.get('set-cookie') ?? '').split(';')[0] ?? '', origin: gateway.url };
}

const soon = (): string => new Date(Date.now() + 1500).toISOString();
const untilPassed = async (time: string): Promise<number> => {
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(time)), { timeout: 5000, interval: 20 });
  return performance.now();
};

const revoke = async (id: string): Promise<number> => {
  await revokeApiKey(fixture.nats, id);
  return performance.now();
};

const WAYS: Record<string, () => Promise<Entry>> = {
  'a revoked key': async () => {
    const { id, headers } = await keyFor();
    return { headers, end: () => revoke(id) };
  },
  'an expired key': async () => {
    const expires_at = soon();
    const { headers } = await keyFor(expires_at);
    return { headers, end: () => untilPassed(expires_at) };
  },
  'a session that was signed out': async () => {
    const headers = await sessionOf((await keyFor()).key);
    const end = async (): Promise<number> => {
      await fetch(`${gateway.url}/api/session`, { method: 'DELETE', headers: { ...headers, 'x-benchwire-csrf': '1' } });
      return performance.now();
    };
    return { headers, end };
  },
  'a session whose key was revoked': async () => {
    const { id, key } = await keyFor();
    return {
      headers: await sessionOf(key),
      end: () => revoke(id),
    };
  },
  'a session whose key has expired': async () => {
    const expires_at = soon();
    return { headers: await sessionOf((await keyFor(expires_at)).key), end: () => untilPassed(expires_at) };
  },
  'a token that has expired': async () => {
    const exp = Math.ceil(Date.now() / 1000) + 2;
    const token = await new SignJWT({ iss: 'https://login.example', aud: 'benchwire', sub: 'ada', role: 'viewer', exp })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
    return {
      headers: { authorization: `Bearer ${token}` },
      end: () => untilPassed(new Date(exp * 1000).toISOString()),
    };
  },
};

describe('a live socket ends within a second', () => {
  it.each(Object.entries(WAYS))(
    'of %s, with a code and a reason',
    async (_, way) => {
      const { headers, end } = await way();
      const live = await open('/api/ws', headers);
      live.say({ op: 'subscribe', id: 'a', topic: 'events' });
      await vi.waitFor(() => expect(live.frames).toContainEqual({ op: 'subscribed', id: 'a' }), 5000);
      const benchmark = await open(`/api/benchmark/ws/${newRunId()}`, headers);
      const ended = await end();
      const { code, reason, at } = await live.closed;
      expect(code).toBe(CLOSE_UNAUTHORIZED);
      expect(reason).toMatch(/^(KEY_UNKNOWN|KEY_EXPIRED|SESSION_ENDED|TOKEN_EXPIRED): /);
      expect(at - ended).toBeLessThan(1000);
      // Or 1011, where nobody had answered before whether there is such a run.
      expect([CLOSE_UNAUTHORIZED, 1011]).toContain((await benchmark.closed).code);
      await expect(open('/api/ws', headers)).rejects.toThrow('refused');
    },
    20_000,
  );

  it('and takes no new topic from then on', async () => {
    const { id, headers } = await keyFor();
    const live = await open('/api/ws', headers);
    const others = await open('/api/ws', (await keyFor()).headers);
    await revokeApiKey(fixture.nats, id);
    live.say({ op: 'subscribe', id: 'late', topic: 'findings' });
    others.say({ op: 'subscribe', id: 'other', topic: 'findings' });
    expect((await live.closed).code).toBe(CLOSE_UNAUTHORIZED);
    await vi.waitFor(() => expect(others.frames).toContainEqual({ op: 'subscribed', id: 'other' }), 5000);
    others.say({ op: 'ping' });
    await vi.waitFor(() => expect(others.frames).toContainEqual({ op: 'pong' }), 5000);
    others.socket.close();
  });
});

describe('a live socket', () => {
  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    `constructor:${newRunId()}`,
    'events:',
    'run',
    'run:a:b',
    '',
  ])('says that there is no topic %j', async (topic) => {
    const live = await open('/api/ws', (await keyFor()).headers);
    live.say({ op: 'subscribe', id: 'a', topic });
    const code = topic === '' ? 'FRAME_INVALID' : 'NO_SUCH_TOPIC';
    await vi.waitFor(
      () =>
        expect(live.frames).toContainEqual({
          op: 'error',
          ...(topic === '' ? {} : { id: 'a' }),
          problem: expect.objectContaining({ code }),
        }),
      5000,
    );
    live.socket.close();
  });

  it.each([
    ['another scheme', () => gateway.url.replace('http:', 'https:')],
    ['a user', () => gateway.url.replace('//', '//user@')],
    ['another port', () => gateway.url.replace(/\d+$/, '1')],
    ['a name that resolves to the same', () => gateway.url.replace('127.0.0.1', 'localhost')],
    ['null', () => 'null'],
    ['a path', () => `${gateway.url}/`],
  ])('is not opened by a page whose origin has %s', async (_, origin) => {
    const { key } = await keyFor();
    const headers = await sessionOf(key);
    await expect(open('/api/ws', { ...headers, origin: origin() })).rejects.toThrow('refused');
    const live = await open('/api/ws', headers);
    live.socket.close();
  });

  it('closes on who says more than may be said in a minute, and goes on for others', async () => {
    const busy = await startGateway(fixture, { RATE_LIMIT_PER_MINUTE: '20' });
    try {
      const { headers } = await keyFor();
      const socket = new WebSocket(`${busy.url.replace('http', 'ws')}/api/ws`, { headers } as unknown as string[]);
      const closed = new Promise<number>((resolve) => {
        socket.onclose = ({ code }) => resolve(code);
      });
      socket.onopen = () => {
        for (let at = 0; at < 100; at++) socket.send(JSON.stringify({ op: 'subscribe', id: `${at}`, topic: 'events' }));
      };
      expect(await closed).toBe(4429);
    } finally {
      await busy.service.stop();
    }
  });
});

describe('a ticket', () => {
  const foreign = { origin: 'null' };
  const issue = async (headers: Headers): Promise<{ ticket: string; expires_at: string }> => {
    const answer = await fetch(`${gateway.url}/api/tickets`, { method: 'POST', headers });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { ticket: string; expires_at: string };
  };

  it('opens one socket for a page from elsewhere, and no second one', async () => {
    const { headers } = await keyFor();
    const { ticket, expires_at } = await issue(headers);
    expect(Date.parse(expires_at)).toBeLessThanOrEqual(Date.now() + 30_000);
    const { socket, say, frames } = await open(`/api/ws?ticket=${ticket}`, foreign);
    say({ op: 'ping' });
    await vi.waitFor(() => expect(frames).toContainEqual({ op: 'pong' }), 5000);
    await expect(open(`/api/ws?ticket=${ticket}`, foreign)).rejects.toThrow('refused');
    socket.close();
  });

  it('opens the socket of the benchmark API, too', async () => {
    const { ticket } = await issue((await keyFor()).headers);
    const { socket } = await open(`/api/benchmark/ws/${newRunId()}?ticket=${ticket}`, foreign);
    socket.close();
  });

  it.each(['', 'bwt_nonsense', 'x'.repeat(2000)])('that was not given out opens nothing: %s', async (ticket) => {
    await expect(open(`/api/ws?ticket=${ticket}`, foreign)).rejects.toThrow('refused');
    const { headers } = await keyFor();
    await expect(open(`/api/ws?ticket=${ticket}`, headers)).rejects.toThrow('refused');
  });

  it('ends with the key that it was made with', async () => {
    const { id, headers } = await keyFor();
    const { closed } = await open(`/api/ws?ticket=${(await issue(headers)).ticket}`, foreign);
    const { ticket } = await issue(headers);
    await revoke(id);
    expect((await closed).code).toBe(CLOSE_UNAUTHORIZED);
    // Nor does one that is still unused outlive it.
    const late = await open(`/api/ws?ticket=${ticket}`, foreign).catch(() => undefined);
    if (late !== undefined) expect((await late.closed).code).toBe(CLOSE_UNAUTHORIZED);
  });
});

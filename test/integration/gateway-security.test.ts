import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

/** Who gets in, by the gateway's configuration: a process for each, against a real NATS server. */
let fixture: NatsFixture;
let service: SpawnedService | undefined;
const folder = mkdtempSync(join(tmpdir(), 'bw-security-'));
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  fixture = await natsFixture();
}, 60_000);
afterEach(async () => {
  await service?.stop();
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a gateway. @returns its port */
async function start(env: Record<string, string>): Promise<number> {
  const started = spawnService('gateway', { ...fixture.servers.env, HTTP_PORT: '0', ...env });
  service = started;
  return await vi.waitFor(
    () => {
      const port = started.port();
      if (port === undefined) throw new Error('not ready');
      return port;
    },
    { timeout: 20_000 },
  );
}

const issued = { JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'benchwire' };
const claims = { iss: issued.JWT_ISSUER, aud: issued.JWT_AUDIENCE, sub: 'ada', role: 'operator' };

describe('tokens of an issuer', () => {
  const secret = 'a secret that nobody guesses, of 32 bytes or more';
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const sign = (payload: JWTPayload, alg: string, key: Uint8Array | typeof privateKey, ends = '5m'): Promise<string> =>
    new SignJWT(payload).setProtectedHeader({ alg }).setExpirationTime(ends).sign(key);
  const ask = async (port: number, token: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/session`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
  };

  it('with a shared secret are let in as whom they name, and not when anything is wrong with them', async () => {
    const port = await start({ ...issued, JWT_SECRET: secret });
    const good = await ask(port, await sign(claims, 'HS256', bytes(secret)));
    expect(good).toMatchObject({ status: 200, subject: 'ada', role: 'operator' });
    const invalid = { status: 401, code: 'TOKEN_INVALID' };
    expect(await ask(port, await sign(claims, 'HS256', bytes(`${secret}x`)))).toMatchObject(invalid);
    expect(await ask(port, await sign(claims, 'HS256', bytes(secret), '-1m'))).toMatchObject(invalid);
    expect(await ask(port, await sign({ ...claims, iss: 'me' }, 'HS256', bytes(secret)))).toMatchObject(invalid);
    expect(await ask(port, await sign({ ...claims, aud: 'else' }, 'HS256', bytes(secret)))).toMatchObject(invalid);
    const unsigned = [{ alg: 'none' }, { ...claims, exp: 4e9 }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    expect(await ask(port, `${unsigned.join('.')}.`)).toMatchObject(invalid);
    const nobody = await ask(port, await sign({ ...claims, role: 'king' }, 'HS256', bytes(secret)));
    expect(nobody).toMatchObject({ status: 403, code: 'ROLE_UNKNOWN' });
  });

  it('with a public key are checked by it, and none that is signed with the key as a secret', async () => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    writeFileSync(file('issuer.pem'), pem);
    const port = await start({ ...issued, JWT_PUBLIC_KEY_FILE: file('issuer.pem'), JWT_ROLE_CLAIM: 'bench_role' });
    const good = await ask(port, await sign({ ...claims, bench_role: 'viewer' }, 'ES256', privateKey));
    expect(good).toMatchObject({ status: 200, role: 'viewer' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect((await ask(port, await sign({ ...claims, bench_role: 'admin' }, 'ES256', other))).status).toBe(401);
    expect((await ask(port, await sign({ ...claims, bench_role: 'admin' }, 'HS256', bytes(pem)))).status).toBe(401);
  });
});

it('a configuration that checks no issuer, or half of TLS, is refused with what is missing', async () => {
  const { JWT_ISSUER: _, ...half } = issued;
  const refused = spawnService('gateway', {
    ...fixture.servers.env,
    ...half,
    JWT_SECRET: 'x'.repeat(32),
    HTTP_TLS_CERT_FILE: file('none.pem'),
  });
  service = refused;
  await vi.waitFor(() => expect(refused.child.exitCode).toBe(78), { timeout: 20_000 });
});

describe('other sites', () => {
  const preflight = (port: number, origin: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/api/runs`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });

  it('may not call, unless the configuration names them', async () => {
    const port = await start({});
    const alone = await preflight(port, 'https://app.example');
    expect(alone.headers.get('access-control-allow-origin')).toBeNull();
    await service?.stop();
    const open = await start({ CORS_ORIGINS: 'https://app.example' });
    const named = await preflight(open, 'https://app.example');
    expect(named.headers.get('access-control-allow-origin')).toBe('https://app.example');
    const other = await preflight(open, 'https://evil.example');
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
  });
});

it('who asks too often is told when to go on, and a body that is too large is not read', async () => {
  const key = 'bw_0123456789012345678901234567890123456789';
  const port = await start({ RATE_LIMIT_PER_MINUTE: '5', BODY_LIMIT_MB: '1', BENCHWIRE_API_KEY: key });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const large = await fetch(`http://127.0.0.1:${port}/api/runs`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name: 'x'.repeat(2e6) }),
  });
  expect(large.status).toBe(413);
  expect(large.headers.get('content-type')).toContain('application/problem+json');
  const answers = [];
  for (let i = 0; i < 6; i++) answers.push(await fetch(`http://127.0.0.1:${port}/api/session`, { headers }));
  expect(answers.at(-1)?.status).toBe(429);
  expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await answers.at(-1)?.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
});

describe('TLS', () => {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const keyAndRequest = (name: string): void =>
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );

  beforeAll(() => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=test authority',
    );
    writeFileSync(file('san'), 'subjectAltName=IP:127.0.0.1');
    for (const name of ['server', 'client']) {
      keyAndRequest(name);
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-days',
        '2',
        '-out',
        `${name}.pem`,
        '-extfile',
        'san',
      );
    }
  });

  const ask = (port: number, options: RequestOptions = {}): Promise<{ status: number; hsts: unknown }> =>
    new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port, path: '/openapi.json', ca: readFileSync(file('ca.pem')), ...options },
        (response) => {
          resolve({ status: response.statusCode ?? 0, hsts: response.headers['strict-transport-security'] });
          response.resume();
        },
      )
        .on('error', reject)
        .end();
    });
  const tls = (): Record<string, string> => ({
    HTTP_TLS_CERT_FILE: file('server.pem'),
    HTTP_TLS_KEY_FILE: file('server.key'),
  });

  it('is what the port speaks, and says so to browsers', async () => {
    const port = await start(tls());
    expect(await ask(port)).toEqual({ status: 200, hsts: expect.stringContaining('max-age=') });
    await expect(fetch(`http://127.0.0.1:${port}/openapi.json`)).rejects.toThrow();
  });

  it('with an authority for clients lets nobody in who has no certificate of it', async () => {
    const port = await start({ ...tls(), HTTP_TLS_CLIENT_CA_FILE: file('ca.pem') });
    const own = { cert: readFileSync(file('client.pem')), key: readFileSync(file('client.key')) };
    expect(await ask(port, own)).toMatchObject({ status: 200 });
    await expect(ask(port)).rejects.toThrow();
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import { eventData } from '@benchwire/shared/contracts/event.ts';
import type { SignInWays } from '@benchwire/shared/contracts/http.ts';
import Provider from 'oidc-provider';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';
import { type NatsFixture, natsFixture, readAll } from '../support/nats-fixture.ts';
import { spawnService } from '../support/spawn-service.ts';

/** Sign-in with OpenID Connect at a real provider (oidc-provider), which runs in this process. */

const CLIENT = { client_id: 'benchwire', client_secret: 'a-secret-of-the-client-that-is-long-enough' };
let fixture: NatsFixture;
let issuer: string;
let server: Server;
let gateway: GatewayProcess | undefined;
/** What the provider says of everybody who signs in. */
let claims: Record<string, unknown> = {};
let redirect_uris: string[] = [];

beforeAll(async () => {
  fixture = await natsFixture();
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await fixture?.stop();
  server?.closeAllConnections();
  server?.close();
});
afterEach(async () => {
  await gateway?.service.stop();
  gateway = undefined;
});

/** A provider whose only client is this gateway. */
function answerAsProvider(): void {
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris, grant_types: ['authorization_code'], response_types: ['code'] }],
    claims: { openid: ['sub'], profile: ['name'], email: ['email'], roles: ['roles'] },
    scopes: ['openid', 'profile', 'email', 'roles'],
    pkce: { required: () => true },
    cookies: { keys: ['a key for the cookies of a provider in a test'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...claims }) }),
  });
  server.removeAllListeners('request');
  server.on('request', provider.callback());
}

/** An address of this machine at which nothing listens. */
async function closedAddress(): Promise<string> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function start(env: Record<string, string> = {}): Promise<GatewayProcess> {
  gateway = await startGateway(fixture, {
    GATEWAY_OIDC_ISSUER: issuer,
    GATEWAY_OIDC_CLIENT_ID: CLIENT.client_id,
    GATEWAY_OIDC_CLIENT_SECRET: CLIENT.client_secret,
    GATEWAY_OIDC_SCOPES: 'openid,profile,email,roles',
    ...env,
  });
  redirect_uris = [`${gateway.url}/sign-in/callback`];
  answerAsProvider();
  return gateway;
}

/** As much of a browser as a sign-in needs: cookies by host and port, and redirects that are followed one at a time. */
class Browser {
  readonly cookies = new Map<string, Map<string, string>>();
  readonly set_cookies: string[] = [];

  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const { host } = new URL(url);
    const own = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, own);
    const cookie = [...own].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      this.set_cookies.push(line);
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (/expires=Thu, 01 Jan 1970/i.test(line)) own.delete(pair.slice(0, at));
      else own.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  /** Follows redirects until there is a page, or an address that `stop` knows. */
  async follow(
    url: string,
    stop: (url: string) => boolean = () => false,
    init: RequestInit = {},
  ): Promise<{ url: string; response: Response }> {
    let response = await this.send(url, init);
    for (let at = url; ; ) {
      const location = response.headers.get('location');
      if (location === null) return { url: at, response };
      at = new URL(location, at).href;
      if (stop(at)) return { url: at, response };
      response = await this.send(at);
    }
  }
}

/** Signs in at the provider's own pages. @returns the address of the callback, which was not asked yet */
async function throughProvider(browser: Browser, { url }: GatewayProcess, path = '/sign-in'): Promise<string> {
  const isCallback = (at: string): boolean => at.startsWith(`${url}/sign-in/callback`);
  let { url: at, response } = await browser.follow(`${url}${path}`, isCallback);
  for (let pages = 0; pages < 5 && !isCallback(at); pages++) {
    const html = await response.text();
    const action = /action="([^"]+)"/.exec(html)?.[1];
    if (action === undefined) throw new Error(`no form at ${at}: ${html.slice(0, 500)}`);
    const body = new URLSearchParams(
      html.includes('name="login"') ? { prompt: 'login', login: 'ada', password: 'x' } : { prompt: 'consent' },
    );
    ({ url: at, response } = await browser.follow(new URL(action, at).href, isCallback, { method: 'POST', body }));
  }
  return at;
}

const ROLES = { GATEWAY_OIDC_ROLES: 'bench-admins=admin,bench-users=viewer' };
const ADA = { name: 'Ada Lovelace', email: 'ada@example.org', roles: ['bench-users', 'bench-admins'] };

describe('sign-in with OpenID Connect', () => {
  it('ends in a session with the name and the highest role, which changes things under that name', async () => {
    claims = ADA;
    const at = await start(ROLES);
    const browser = new Browser();
    const callback = await throughProvider(browser, at, '/sign-in?return_to=%2Fruns%3Fstate%3Dopen');
    const done = await browser.send(callback);
    expect([done.status, done.headers.get('location')]).toEqual([302, '/runs?state=open']);
    const session_cookie = browser.set_cookies.find((line) => line.startsWith('bw_session')) ?? '';
    expect(session_cookie).toMatch(/HttpOnly/i);
    expect(session_cookie).toMatch(/SameSite=Strict/i);
    const session = (await (await browser.send(`${at.url}/api/session`)).json()) as { expires_at: string };
    expect(session).toMatchObject({ subject: 'Ada Lovelace <ada@example.org>', role: 'admin' });
    expect(Date.parse(session.expires_at) - Date.now()).toBeLessThanOrEqual(12 * 3600 * 1000);

    const change = (headers: Record<string, string>) =>
      browser.send(`${at.url}/api/gates/of-ada`, {
        method: 'PUT',
        body: '{"on_slower":"warn"}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await change({})).status).toBe(403);
    expect((await change({ 'x-benchwire-csrf': '1', origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await change({ 'x-benchwire-csrf': '1', origin: at.url })).status).toBe(200);
    await vi.waitFor(async () => {
      const events = (await readAll(fixture.nats, 'EVENTS', 'bw.event.access.*')).map((message) =>
        message.json<{ data: object }>(),
      );
      const said = events
        .map((event) => eventData('access.changed', event as never))
        .flatMap((data) => (data.ok ? [data.value] : []));
      const own = said
        .filter(({ subject }) => subject === 'Ada Lovelace <ada@example.org>')
        .map(({ method, path }) => `${method} ${path}`);
      expect(own).toEqual(['POST /api/session', 'PUT /api/gates/of-ada']);
    });

    expect(
      (await browser.send(`${at.url}/api/session`, { method: 'DELETE', headers: { 'x-benchwire-csrf': '1' } })).status,
    ).toBe(204);
    expect((await browser.send(`${at.url}/api/session`)).status).toBe(401);
  });

  it('takes a callback once, from the browser that began, and only with its own state', async () => {
    claims = ADA;
    const at = await start(ROLES);
    const browser = new Browser();
    const callback = await throughProvider(browser, at);
    const failed = async (by: Browser, url: string) => (await by.send(url)).headers.get('location');
    expect(await failed(new Browser(), callback)).toBe('/#sign-in-failed=expired');
    const other = new URL(callback);
    other.searchParams.set('state', 'forged');
    expect(await failed(browser, other.href)).toBe('/#sign-in-failed=failed');
    // Even with the right one: what was begun is gone.
    expect(await failed(browser, callback)).toBe('/#sign-in-failed=expired');
    expect((await browser.send(`${at.url}/api/session`)).status).toBe(401);
    for (const place of ['//elsewhere.example', 'https://elsewhere.example/', '/\\elsewhere.example']) {
      const next = new Browser();
      const back = await throughProvider(next, at, `/sign-in?return_to=${encodeURIComponent(place)}`);
      expect(await failed(next, back)).toBe('/');
    }
  });

  it('refuses people without a role, unless there is one for everybody', async () => {
    claims = { ...ADA, roles: ['others', 'admin'] };
    const at = await start(ROLES);
    const browser = new Browser();
    const refused = await browser.send(await throughProvider(browser, at));
    expect(refused.headers.get('location')).toBe('/#sign-in-failed=no_role');
    await at.service.stop();

    const lenient = await start({ ...ROLES, GATEWAY_OIDC_DEFAULT_ROLE: 'viewer' });
    const next = new Browser();
    await next.send(await throughProvider(next, lenient));
    expect(await (await next.send(`${lenient.url}/api/session`)).json()).toMatchObject({ role: 'viewer' });
  });

  it('a provider that is away: keys work, and the page is told why the other way does not', async () => {
    const away = await closedAddress();
    const at = await start({ GATEWAY_OIDC_ISSUER: away });
    const { key } = await createApiKey(fixture.nats, { name: 'a key', role: 'viewer' });
    const headers = { authorization: `Bearer ${key}` };
    await vi.waitFor(async () => expect((await fetch(`${at.url}/api/session`, { headers })).status).toBe(200));
    const { oidc } = (await (await fetch(`${at.url}/api/sign-in`)).json()) as SignInWays;
    expect(oidc).toMatchObject({
      issuer: away,
      unavailable: `the provider ${away} can't be used: it refuses the connection`,
    });
    const begun = await fetch(`${at.url}/sign-in`, { redirect: 'manual' });
    expect(begun.headers.get('location')).toBe('/#sign-in-failed=unavailable');
  });
});

it('a file with the secret that is not there is named', async () => {
  const env = {
    GATEWAY_OIDC_ISSUER: issuer,
    GATEWAY_OIDC_CLIENT_ID: 'x',
    GATEWAY_OIDC_CLIENT_SECRET_FILE: '/no/such/file',
  };
  const service = spawnService('gateway', { ...fixture.servers.env, HTTP_PORT: '0', ...env });
  await vi.waitFor(() => expect(service.child.exitCode).toBe(1), { timeout: 30_000 });
  expect(service.logs.map(({ msg }) => String(msg)).join()).toContain("GATEWAY_OIDC_CLIENT_SECRET_FILE can't be read");
});

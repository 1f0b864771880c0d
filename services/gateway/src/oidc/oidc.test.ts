import { loadConfig } from '@benchwire/shared/runtime/config.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatewayConfig } from '../config.ts';
import { personOf } from './person.ts';
import { pathOf } from './serve-sign-in.ts';

const configOf = (env: Record<string, string>) =>
  loadConfig(gatewayConfig, { GATEWAY_OIDC_ISSUER: 'https://login.example.org', GATEWAY_OIDC_CLIENT_ID: 'x', ...env });

describe('a wrong configuration names the variable', () => {
  it.each([
    ['GATEWAY_OIDC_CLIENT_ID is missing: GATEWAY_OIDC_ISSUER needs it too', { GATEWAY_OIDC_CLIENT_ID: '' }],
    ['GATEWAY_OIDC_ISSUER is missing: GATEWAY_OIDC_CLIENT_ID needs it too', { GATEWAY_OIDC_ISSUER: '' }],
    [
      'GATEWAY_OIDC_ISSUER is "http://login.example.org": use https',
      { GATEWAY_OIDC_ISSUER: 'http://login.example.org' },
    ],
    ['GATEWAY_OIDC_ISSUER is "login": use the address', { GATEWAY_OIDC_ISSUER: 'login' }],
    ['GATEWAY_OIDC_ROLES is "a=boss": "boss" is not a role', { GATEWAY_OIDC_ROLES: 'a=boss' }],
    ['GATEWAY_OIDC_SCOPES is "email": must have the scope openid', { GATEWAY_OIDC_SCOPES: 'email' }],
    ['GATEWAY_OIDC_DEFAULT_ROLE is "boss"', { GATEWAY_OIDC_DEFAULT_ROLE: 'boss' }],
    [
      'GATEWAY_OIDC_CLIENT_SECRET_FILE is "/b": set it or GATEWAY_OIDC_CLIENT_SECRET',
      { GATEWAY_OIDC_CLIENT_SECRET: 'a', GATEWAY_OIDC_CLIENT_SECRET_FILE: '/b' },
    ],
  ])('%s', (expected, env) => {
    expect(() => configOf(env)).toThrow(expected);
  });

  it('and a provider on this machine may speak http', () => {
    expect(configOf({ GATEWAY_OIDC_ISSUER: 'http://127.0.0.1:8000' }).GATEWAY_OIDC_ISSUER).toBe(
      'http://127.0.0.1:8000',
    );
  });
});

describe('personOf', () => {
  it('takes the highest role, of a claim in a claim, by the mapping alone where there is one', () => {
    const claims = { sub: '1', name: 'Ada', email: 'a@x.org', realm_access: { roles: ['viewer', 'admin', 'ops'] } };
    const plain = configOf({ GATEWAY_OIDC_ROLE_CLAIM: 'realm_access.roles' });
    expect(personOf(claims, plain)).toEqual({ subject: 'Ada <a@x.org>', identity: 'person:1', role: 'admin' });
    const mapped = configOf({
      GATEWAY_OIDC_ROLE_CLAIM: 'realm_access.roles',
      GATEWAY_OIDC_ROLES: 'ops=operator,all=viewer',
    });
    expect(personOf(claims, mapped)?.role).toBe('operator');
    expect(personOf({ sub: '1', roles: 'admin' }, mapped)).toBeUndefined();
    expect(
      personOf(
        { sub: '1', 'https://x.org/roles': 'viewer submitter' },
        configOf({ GATEWAY_OIDC_ROLE_CLAIM: 'https://x.org/roles' }),
      )?.role,
    ).toBe('submitter');
  });

  it('names somebody by what the provider tells', () => {
    const config = configOf({ GATEWAY_OIDC_DEFAULT_ROLE: 'viewer' });
    const nameOf = (claims: object) => personOf({ sub: 'abc', ...claims }, config)?.subject;
    expect([
      nameOf({}),
      nameOf({ preferred_username: 'ada' }),
      nameOf({ name: 'Ada' }),
      nameOf({ name: 'Ada', preferred_username: 'al' }),
    ]).toEqual([...['abc', 'ada', 'Ada', 'Ada <al>']]);
  });
});

it('goes on to a path of this page, whatever the address asks for', () => {
  expect([
    pathOf('/runs?state=open'),
    pathOf('//evil.example'),
    pathOf('https://evil.example'),
    pathOf('/\\evil'),
    pathOf(undefined),
  ]).toEqual([...['/runs?state=open', '/', '/', '/', '/']]);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `/${text}`),
      ),
      (text) => {
        const url = new URL(pathOf(text), 'https://here.example');
        expect(url.origin).toBe('https://here.example');
      },
    ),
  );
});

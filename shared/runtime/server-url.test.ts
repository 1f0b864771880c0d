import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { natsVariables, redacted, redisVariables } from './config.ts';
import { loggable } from './log.ts';
import { connectNats } from './nats.ts';
import { checkRedis } from './redis.ts';
import {
  addressOnly,
  CLICKHOUSE_ADDRESS,
  NATS_ADDRESS,
  parseServerUrl,
  REDIS_ADDRESS,
  splitUrls,
  withoutCredentials,
  withoutLoginsOf,
} from './server-url.ts';

const parts = (text: string, kind = NATS_ADDRESS) => {
  const { user, password, host, port } = parseServerUrl(text, kind) ?? {};
  return [user, password, host, port];
};

describe('parseServerUrl', () => {
  it.each([
    ['nats://bw:hunter2@host:4222', ['bw', 'hunter2', 'host', 4222]],
    ['host:1', [undefined, undefined, 'host', 1]],
    ['bw:pw@host', ['bw', 'pw', 'host', undefined]],
    ['nats://bw:100%sure@host:1', ['bw', '100%sure', 'host', 1]],
    ['nats://bw:%41%zz%ff%C3%BC@host', ['bw', 'A%zz%ff%C3%BC', 'host', undefined]],
    ['nats://bw:a@b:c/d#e?f@host:1', ['bw', 'a@b:c/d#e?f', 'host', 1]],
    ['nats://bw:12/3@host', ['bw', '12/3', 'host', undefined]],
    ['nats://token@host', ['token', undefined, 'host', undefined]],
    ['tls://u:p@[::1]:4222', ['u', 'p', '::1', 4222]],
    ['NATS://u:p%40@h', ['u', 'p@', 'h', undefined]],
  ])('reads %s', (text, expected) => expect(parts(text)).toEqual(expected));

  it('decodes what is UTF-8, run by run', () => {
    expect(parts('nats://bw:%C3%BC-%ff@host')).toEqual(['bw', 'ü-%ff', 'host', undefined]);
  });

  it.each(['', 'nats://', 'nats://u:p@', 'http://host', 'nats://host:99999', 'nats://a b'])('refuses "%s"', (text) =>
    expect(parseServerUrl(text, NATS_ADDRESS)).toBeUndefined(),
  );

  it('gives a form that every client reads alike', () => {
    const url = parseServerUrl('redis://:p@s/w#?:%@host:6379/2?family=6', REDIS_ADDRESS);
    expect(url?.address).toBe('redis://host:6379/2?family=6');
    const read = new URL(url?.href ?? '');
    expect([read.username, decodeURIComponent(read.password), read.host]).toEqual(['', 'p@s/w#?:%', 'host:6379']);
    expect(parseServerUrl('https://ch:8443/path', CLICKHOUSE_ADDRESS)?.href).toBe('https://ch:8443/path');
  });
});

it.each([
  ['nats://a:1, nats://b:2,', ['nats://a:1', 'nats://b:2']],
  ['nats://u:p@h1,h2,nats://v:q@h3', ['nats://u:p@h1', 'h2', 'nats://v:q@h3']],
  ['nats://u:p,a,s@h1,nats://h2', ['nats://u:p,a,s@h1', 'nats://h2']],
  ['nats://u:p@a,b@h', ['nats://u:p@a,b@h']],
  ['h1,h2:4222', ['h1', 'h2:4222']],
])('splits %s', (text, expected) => expect(splitUrls(text)).toEqual(expected));

it.each([
  ['no server at nats://u:p@h:1 (refused)', 'no server at nats://h:1 (refused)'],
  ['{"url":"redis://:a b@h"}', '{"url":"redis://h"}'],
  ['at file:///x/node_modules/@nats-io/y.js:1', 'at file:///x/node_modules/@nats-io/y.js:1'],
  ['http://h:8123/?user=a&password=hunter2&x=1', 'http://h:8123/?user=a&password=…&x=1'],
  ['see nats://h:1\n  at /x/node_modules/@nats-io/y.js', 'see nats://h:1\n  at /x/node_modules/@nats-io/y.js'],
  // Git remotes.
  ['https://x:TOKEN@github.com/a/b.git', 'https://github.com/a/b.git'],
  ['https://TOKEN@github.com/a/b', 'https://github.com/a/b'],
  ['git@github.com:a/b.git', 'git@github.com:a/b.git'],
  ['ssh://git@host/a', 'ssh://host/a'],
])('cleans %s', (text, expected) => expect(withoutCredentials(text)).toBe(expected));

/** Whatever a login may hold, each with enough of its own to be found again. */
const awkward = fc.string({
  minLength: 1,
  maxLength: 12,
  unit: fc.constantFrom(...'ab1%@:/#?&=+,;!\'"<>()[]{}|^~`$ é'),
});
const login = fc.tuple(awkward, awkward).map(([user, password]) => ({
  user: `us3r${user}Us3r`,
  password: `s3cret${password}S3cret`,
}));
const leaks = (text: string): boolean => /us3r|s3cret/i.test(text);

describe('any login', () => {
  it('is read as it was written, raw or encoded', () => {
    fc.assert(
      fc.property(
        login,
        fc.constantFrom(NATS_ADDRESS, REDIS_ADDRESS, CLICKHOUSE_ADDRESS),
        ({ user, password }, kind) => {
          const encoded = `${kind.protocols[0]}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@host:1`;
          expect(parseServerUrl(encoded, kind)).toMatchObject({ user, password, host: 'host', href: encoded });
          // Raw, a colon would end the user, and a % may encode something.
          fc.pre(!user.includes(':') && !/%[0-9a-f]{2}/i.test(user + password));
          expect(parseServerUrl(`${kind.protocols[1]}://${user}:${password}@host:1`, kind)).toMatchObject({
            user,
            password,
          });
        },
      ),
    );
  });

  it('is in nothing that is shown', () => {
    const schema = z.object({ ...natsVariables, ...redisVariables });
    fc.assert(
      fc.property(login, login, (one, two) => {
        // Raw, a colon would end the user, and a % may encode something.
        fc.pre(!one.user.includes(':') && !/%[0-9a-f]{2}/i.test(one.password));
        const nats = `nats://${one.user}:${one.password}@h1:1,nats://${two.password}@h2`;
        const redis = `redis://${two.user}:${two.password}@h:2`;
        expect(leaks(addressOnly(nats)), addressOnly(nats)).toBe(false);
        expect(addressOnly(nats)).toBe('nats://h1:1, nats://h2');
        for (const text of [`cannot reach ${nats}: no`, `${redis}`, `x (${redis}) y`, `["${nats}"]`]) {
          expect(leaks(withoutCredentials(text)), text).toBe(false);
        }
        const { NATS_URL, REDIS_URL } = schema.parse({ NATS_URL: nats, REDIS_URL: redis });
        expect(leaks(JSON.stringify(redacted(schema, { NATS_URL, REDIS_URL })))).toBe(false);
        const repeated = `login ${one.user}/${one.password} and ${encodeURIComponent(one.password)} refused at ${nats}`;
        expect(withoutLoginsOf(repeated, [`nats://${one.user}:${one.password}@h1`], NATS_ADDRESS)).not.toMatch(
          /s3cret/,
        );
        const error = Object.assign(new Error(`failed: ${redis}`, { cause: new Error(nats) }), {
          command: { name: 'auth', args: [two.user, two.password] },
        });
        expect(leaks(JSON.stringify(loggable(error))), JSON.stringify(loggable(error))).toBe(false);
      }),
    );
  });
});

it('an error of the clients shows no login', async () => {
  const odd = 's3cret@:/#?%100,x';
  const nats = connectNats('test', { NATS_URL: [`nats://us3r:${odd}@127.0.0.1:9`] }, false);
  const redis = checkRedis({ REDIS_URL: `redis://us3r:${odd}@127.0.0.1:9` }, 1000);
  for (const attempt of await Promise.allSettled([nats, redis])) {
    const error: unknown = attempt.status === 'rejected' ? attempt.reason : undefined;
    expect(error).toBeInstanceOf(Error);
    expect(`${error}`).toContain('127.0.0.1:9');
    expect(leaks(`${error} ${JSON.stringify(loggable(error))}`)).toBe(false);
  }
});

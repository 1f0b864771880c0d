import { expect, it } from 'vitest';
import { hostInUrl, isLoopback } from './hosts.ts';

it.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['localhost', true],
  ['x.localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['10.0.0.1', false],
  ['hub', false],
  ['localhost.example', false],
  ['1127.0.0.1', false],
  ['[fd00::1]', false],
])('%s is reached only from its own machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

it('an IPv6 address has brackets in a URL', () => {
  expect([hostInUrl('::1'), hostInUrl('10.0.0.1'), hostInUrl('hub')]).toEqual(['[::1]', '10.0.0.1', 'hub']);
});

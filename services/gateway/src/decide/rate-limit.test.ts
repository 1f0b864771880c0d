import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressKey, RateLimit } from './rate-limit.ts';

it('lets in a minute’s worth and no more, however it is asked, and says when to go on', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 50 })), { maxLength: 200 }),
      (per_minute, asked) => {
        const limit = new RateLimit(per_minute);
        let now = 1_000_000;
        let taken = 0;
        for (const [wait, cost] of asked) {
          now += wait;
          const again = limit.take('a', now, cost);
          if (again > 0) {
            now += again * 1000;
            expect(limit.take('a', now, cost)).toBe(0);
          }
          taken += Math.min(cost, per_minute);
        }
        expect(taken).toBeLessThanOrEqual(per_minute + ((now - 1_000_000) / 60_000) * per_minute + 1e-6);
      },
    ),
  );
});

it('keeps callers apart, and forgets those that were not there for the longest', () => {
  const limit = new RateLimit(1, 2);
  expect(limit.take('a', 0)).toBe(0);
  expect(limit.take('a', 0)).toBe(60);
  expect(limit.take('b', 0)).toBe(0);
  expect(limit.take('c', 0)).toBe(0);
  expect(limit.take('a', 0)).toBe(0);
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

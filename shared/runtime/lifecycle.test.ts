import { describe, expect, it } from 'vitest';
import { backoffMs, pause, Scope } from './lifecycle.ts';
import { createLog } from './log.ts';

const log = createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });

describe('Scope', () => {
  it('stops in reverse order, each once, one after the other', async () => {
    const order: string[] = [];
    const scope = new Scope(log);
    for (const name of ['a', 'b', 'c']) {
      scope.add(name, async () => {
        order.push(`${name} stops`);
        await Promise.resolve();
        order.push(`${name} stopped`);
      });
    }
    await Promise.all([scope.stop(), scope.stop()]);
    await scope.stop();
    expect(order).toEqual(['c stops', 'c stopped', 'b stops', 'b stopped', 'a stops', 'a stopped']);
  });

  it('goes on after a failure, and reports all of them', async () => {
    const order: string[] = [];
    const scope = new Scope(log);
    scope.add('a', () => void order.push('a'));
    scope.add('b', () => {
      throw new Error('b is broken');
    });
    scope.add('c', () => Promise.reject(new Error('c is broken')));
    const error = await scope.stop().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual(['Error: c is broken', 'Error: b is broken']);
    expect(order).toEqual(['a']);
  });

  it('rolls back exactly what was started', async () => {
    const order: string[] = [];
    const scope = new Scope(log);
    const start = async (): Promise<void> => {
      scope.add('a', () => void order.push('a'));
      await Promise.reject(new Error('b does not start'));
    };
    await expect(start()).rejects.toThrow('b does not start');
    await scope.stop();
    expect(order).toEqual(['a']);
  });

  it('stops at once what comes up too late', async () => {
    const order: string[] = [];
    const scope = new Scope(log);
    await scope.stop();
    scope.add('late', () => void order.push('late'));
    expect(order).toEqual(['late']);
  });
});

describe('pause', () => {
  it('ends at once when the signal aborts, or has aborted', async () => {
    const stopping = new AbortController();
    const waiting = pause(60_000, stopping.signal);
    stopping.abort();
    await waiting;
    await pause(60_000, stopping.signal);
  });
});

it('backs off exponentially up to the cap, with full jitter', () => {
  expect([0, 1, 2, 10, 1000].map((n) => backoffMs(n, 50, 2000, () => 1))).toEqual([50, 100, 200, 2000, 2000]);
  expect(backoffMs(3, 50, 2000, () => 0)).toBe(0);
});

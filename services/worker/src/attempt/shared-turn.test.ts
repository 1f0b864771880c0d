import { describe, expect, it } from 'vitest';
import { SharedTurn } from './shared-turn.ts';

describe('a shared turn', () => {
  it('lets all go on together that ask while the first one waits', async () => {
    const turn = new SharedTurn();
    const order: string[] = [];
    const first = turn.next(2).then(() => order.push('first'));
    await new Promise(setImmediate);
    // Whatever it would have waited: it goes with the first.
    const second = turn.next(1000).then(() => order.push('second'));
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('without a wait is over with the turn of the event loop, and the next to ask gets another', async () => {
    const turn = new SharedTurn();
    const next = turn.next(0);
    expect(turn.next(0)).toBe(next);
    await next;
    expect(turn.next(0)).not.toBe(next);
  });
});

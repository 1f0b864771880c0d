import { describe, expect, it } from 'vitest';
import { type Full, StatementQueue } from './statement-queue.ts';

const never = new AbortController().signal;
const queue = () => new StatementQueue({ running: 2, running_per_caller: 1, waiting: 4, waiting_per_caller: 2 });
type Place = (() => void) | Full | undefined;
const free = (place: Place): void => {
  if (typeof place !== 'function') throw new Error('no place');
  place();
};

describe('the queue of statements', () => {
  it('lets a caller run one at a time, and somebody else beside', async () => {
    const places = queue();
    const order: string[] = [];
    const enter = async (caller: string): Promise<Place> => {
      const place = await places.enter(caller, never);
      order.push(caller);
      return place;
    };
    const first = await enter('a');
    const second = enter('a');
    const other = await enter('b');
    expect(order).toEqual(['a', 'b']);
    free(other);
    expect(order).toEqual(['a', 'b']);
    free(first);
    free(await second);
    expect(order).toEqual(['a', 'b', 'a']);
    expect(places.running).toBe(0);
  });

  it('says which of its limits is reached', async () => {
    const places = queue();
    void places.enter('a', never);
    void places.enter('a', never);
    void places.enter('a', never);
    expect(await places.enter('a', never)).toEqual({ full: 'caller' });
    for (const caller of ['b', 'c', 'd']) void places.enter(caller, never);
    expect([places.running, places.waiting]).toEqual([2, 4]);
    expect(await places.enter('e', never)).toEqual({ full: 'queue' });
  });

  it('lets those go who wait no longer, and gives their place to the next', async () => {
    const places = queue();
    const running = await places.enter('a', never);
    const leaving = new AbortController();
    const left = places.enter('a', leaving.signal);
    const stays = places.enter('a', never);
    leaving.abort();
    expect(await left).toBeUndefined();
    expect(await places.enter('a', leaving.signal)).toBeUndefined();
    expect(places.waiting).toBe(1);
    free(running);
    free(await stays);
    expect([places.running, places.waiting]).toEqual([0, 0]);
  });
});

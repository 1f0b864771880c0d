import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

describe('turns', () => {
  it('begin in the order in which they were taken, no matter who is ready first, passes or fails', async () => {
    const kinds = fc.array(fc.constantFrom('begins', 'passes', 'fails'), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(kinds, fc.scheduler(), async (list, scheduler) => {
        const turns = new Turns();
        const begun: number[] = [];
        const all = list.map(async (kind, n) => {
          const turn = turns.take();
          try {
            await scheduler.schedule(Promise.resolve(), `prepare ${n}`);
            if (kind === 'passes') return;
            await turn.begin(async () => {
              begun.push(n);
              if (kind === 'fails') throw new Error('failed');
            });
          } catch {
            // Its own affair.
          } finally {
            turn.pass();
          }
        });
        await scheduler.waitFor(Promise.all(all));
        expect(begun).toEqual(list.flatMap((kind, n) => (kind === 'passes' ? [] : [n])));
      }),
    );
  });
});

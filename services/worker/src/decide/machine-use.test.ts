import fc from 'fast-check';
import { expect, it } from 'vitest';
import { leaveMachine, type MachineUse, takeMachine, UNUSED } from './machine-use.ts';

const take = (use: MachineUse, device: string, now = 0) => takeMachine(use, device, device.startsWith('page'), now);

it('lets native devices run side by side, and a page alone', () => {
  const one = take(take(UNUSED, 'cpu-0').use, 'cuda-0');
  expect(one.is_taken).toBe(true);
  const page = take(one.use, 'page', 1);
  expect(page.is_taken).toBe(false);
  // Who waits for the machine alone is not overtaken for good.
  expect(take(page.use, 'mps-0', 2).is_taken).toBe(false);
  const free = leaveMachine(leaveMachine(page.use, 'cpu-0'), 'cuda-0');
  const taken = take(free, 'page', 3);
  expect(taken.is_taken).toBe(true);
  expect(take(taken.use, 'cpu-0', 4).is_taken).toBe(false);
  expect(take(taken.use, 'page-2', 4).is_taken).toBe(false);
});

it('forgets a device that does not ask any more', () => {
  const { use } = take(take(UNUSED, 'cpu-0').use, 'page', 0);
  expect(take(use, 'cuda-0', 1000).is_taken).toBe(false);
  expect(take(use, 'cuda-0', 60_000).is_taken).toBe(true);
});

it('never runs a page beside anything else, and lets everybody run in the end', () => {
  const device = fc.constantFrom('cpu-0', 'cuda-0', 'page-1', 'page-2');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), device), { maxLength: 60 }), (steps) => {
      let use = UNUSED;
      let now = 0;
      const running: string[] = [];
      const check = (): void => {
        const pages = running.filter((each) => each.startsWith('page'));
        expect(pages.length === 0 || new Set(running).size === 1).toBe(true);
      };
      for (const [begins, each] of steps) {
        now += 100;
        if (!begins && running.includes(each)) {
          running.splice(running.indexOf(each), 1);
          use = leaveMachine(use, each);
        } else if (begins && !(each.startsWith('page') && running.includes(each))) {
          const next = take(use, each, now);
          use = next.use;
          if (next.is_taken) running.push(each);
        }
        check();
      }
      for (const each of running.splice(0)) use = leaveMachine(use, each);
      const left = new Set(['cpu-0', 'cuda-0', 'page-1', 'page-2']);
      for (let round = 0; round < 10 && left.size > 0; round++) {
        for (const each of [...left]) {
          now += 100;
          const next = take(use, each, now);
          use = next.use;
          if (!next.is_taken) continue;
          left.delete(each);
          use = leaveMachine(use, each);
        }
      }
      expect([...left]).toEqual([]);
    }),
  );
});

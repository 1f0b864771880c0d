import { expect, it } from 'vitest';
import { readSides, withSides } from './sides.ts';

it('what is given more than once is compared, and the rest narrows it', () => {
  expect(readSides(new URLSearchParams('run=a&run=b&model=m'))).toEqual({
    sides: { by: 'run', values: ['a', 'b'] },
    filters: { model: 'm' },
  });
  expect(readSides(new URLSearchParams('run=a&model=m&model=n')).sides).toEqual({ by: 'model', values: ['m', 'n'] });
});

it('what was chosen stays while its values are chosen', () => {
  const none = withSides(new URLSearchParams('run=a&run=b&metric=memory_mb'), { by: 'model', values: [] });
  expect(String(none)).toBe('metric=memory_mb&by=model');
  expect(readSides(none).sides).toEqual({ by: 'model', values: [] });
  const two = withSides(none, { by: 'model', values: ['m', 'n'] });
  expect(String(two)).toBe('metric=memory_mb&model=m&model=n');
});

import { expect, it } from 'vitest';
import { statesOf } from './finding-filters.ts';

it('open stands for what nobody has settled, and an unknown state for every one', () => {
  expect(statesOf('open')).toEqual(['suspected', 'confirmed', 'acknowledged']);
  expect(statesOf('dismissed')).toEqual(['dismissed']);
  expect(statesOf('all')).toEqual([]);
});

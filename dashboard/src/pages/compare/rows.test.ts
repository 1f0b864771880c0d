import type { ComparedRow } from '@benchwire/shared/contracts/comparison.ts';
import { expect, it } from 'vitest';
import { rowNames } from './rows.ts';

const row = (change: Partial<ComparedRow>): ComparedRow =>
  ({
    model: 'resnet',
    benchmark: 'b',
    batch_size: 1,
    precision: 'fp32',
    scenario: '',
    pool: 'cpu',
    variant: 'v1',
    ...change,
  }) as ComparedRow;

it('rows are named by what tells them apart', () => {
  expect(rowNames([row({}), row({ batch_size: 2, variant: 'v2' })])).toEqual(['resnet, batch 1', 'resnet, batch 2']);
  expect(rowNames([row({}), row({ variant: 'v2' })])).toEqual(['resnet, batch 1, v1', 'resnet, batch 1, v2']);
  expect(rowNames([row({}), row({ pool: 'gpu' })])).toEqual(['resnet, batch 1, cpu', 'resnet, batch 1, gpu']);
});

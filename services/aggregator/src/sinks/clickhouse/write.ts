import type { HandlerResult } from '@benchwire/shared/runtime/consume.ts';
import { isBadRows, refusalOf } from '../../errors.ts';
import { type Target, type WriteOptions, writeBatch } from '../write-batch.ts';

const CLICKHOUSE: Target = {
  name: 'ClickHouse',
  refusal: (error) => (isBadRows(error) ? refusalOf(error) : undefined),
};

/** Writes what messages say: writing rows again is harmless, since every table is keyed. */
export function writeMessages<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<void>,
  options: WriteOptions,
): Promise<HandlerResult[]> {
  return writeBatch(items, write, CLICKHOUSE, options);
}

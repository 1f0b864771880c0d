import { afterAll, beforeAll, expect, it } from 'vitest';
import { silent, testDatabase } from '../../test-support/database.ts';
import { retentionOf, variablesOf } from '../config.ts';
import { adjustTables } from './migrate.ts';

let opened: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  opened = await testDatabase({ TTL_EVENTS_DAYS: '45' });
}, 60_000);
afterAll(() => opened?.stop());

it('a setting goes before the variable, a reset returns to it, and the tables follow', async () => {
  const { database, config } = opened;
  const days = async (table: string): Promise<string | undefined> => {
    const rows = await database.query<{ engine_full: string }>(
      'SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
      { table },
    );
    return /toIntervalDay\((\d+)\)/.exec(rows[0]?.engine_full ?? '')?.[1];
  };
  expect([await days('events'), await days('rejected')]).toEqual(['45', '30']);
  await adjustTables(database, retentionOf(config, { retention: { events: 7 } }), silent);
  expect([await days('events'), await days('rejected')]).toEqual(['7', '30']);
  await adjustTables(database, retentionOf(config), silent);
  expect([await days('events'), await days('rejected')]).toEqual(['45', '30']);
});

it('says what it runs with, and whether the environment has it', () => {
  const variables = variablesOf(opened.config, (name) => name === 'TTL_EVENTS_DAYS');
  expect(variables.map(({ field, value, is_set }) => [field, value, is_set])).toEqual([
    ...[
      ['samples', 30, false],
      ['events', 45, true],
      ['attempts', 730, false],
    ],
    ...[
      ['results', 3650, false],
      ['findings', 3650, false],
      ['rejected', 30, false],
    ],
  ]);
});

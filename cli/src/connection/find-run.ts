import type { Client } from '@benchwire/shared/client/client.ts';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import { NotFoundError } from '../errors.ts';
import { oneLine } from '../terminal/text-width.ts';

/** How many of the latest runs a prefix is looked for in. */
const SEARCHED = 10_000;

/**
 * The run that a user means: a whole id is taken as it is, `last` is the newest one, else the beginning of an id.
 * @throws NotFoundError for none, or for more than one
 */
export async function findRun(client: Client, text: string): Promise<string> {
  const written = text.toLowerCase();
  if (runId.safeParse(written).success) return written;
  if (written === 'last') {
    const [newest] = (await client.query('runs', { limit: 1 })).rows;
    if (newest === undefined) throw new NotFoundError('no runs yet: start one with `bw run FILE`.');
    return newest.run_id;
  }
  if (!/^[0-9a-f-]+$/.test(written)) {
    throw new NotFoundError(
      `no run matches "${text}": give a run id, its first digits, or \`last\`. \`bw runs\` lists them.`,
    );
  }
  const { rows } = await client.query('runs', { archived: 'include', limit: SEARCHED });
  const [match, ...more] = rows.filter((row) => row.run_id.startsWith(written));
  if (match === undefined) throw new NotFoundError(`no run matches "${text}": \`bw runs\` lists them.`);
  if (more.length > 0) {
    const some = [match, ...more].slice(0, 5).map((row) => `  ${row.run_id}  ${oneLine(row.name)}`);
    throw new NotFoundError(`${more.length + 1} runs match "${text}", give more of the id:\n${some.join('\n')}`);
  }
  return match.run_id;
}

/** What tables show of a run id: its time in milliseconds, nearly always enough to name it. */
export function shortRunId(run_id: string): string {
  return run_id.slice(0, 13);
}

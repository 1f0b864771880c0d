import type { Client } from '@benchwire/shared/client/client.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { NotFoundError } from '../errors.ts';
import { oneLine } from '../terminal/text-width.ts';

/** How many of the newest findings a short id is looked for in. */
const SEARCHED = 5000;

/**
 * The finding that a user means: `last`, or an id of which each part between the dots may be cut short, as tables show it.
 * @throws NotFoundError for none, or for more than one
 */
export async function findFinding(client: Client, text: string): Promise<FindingRow> {
  const { rows } = await client.query('findings', { limit: text === 'last' ? 1 : SEARCHED });
  if (text === 'last') {
    const [newest] = rows;
    if (newest === undefined) throw new NotFoundError('no findings yet.');
    return newest;
  }
  const [match, ...more] = rows.filter((row) => isShortFor(text, row.finding_id));
  if (match === undefined)
    throw new NotFoundError(`no finding matches "${oneLine(text)}": give an id from \`bw findings\`, or \`last\`.`);
  if (more.length > 0) {
    const some = [match, ...more].slice(0, 5).map((row) => `  ${row.finding_id}  ${oneLine(row.metric)}`);
    throw new NotFoundError(`${more.length + 1} findings match "${text}", give more of the id:\n${some.join('\n')}`);
  }
  return match;
}

function isShortFor(text: string, finding_id: string): boolean {
  if (text === '') return false;
  const whole = finding_id.split('.');
  return text.split('.').every((part, i) => (whole[i] ?? '').startsWith(part));
}

/** What tables show of a finding's id: enough of the series and of the run to name it. */
export function shortFindingId(finding_id: string): string {
  const [series = '', run = ''] = finding_id.split('.');
  return `${series.slice(0, 6)}.${run.slice(0, 13)}`;
}

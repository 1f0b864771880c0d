import { FINDING_KINDS, FINDING_STATES } from '@benchwire/shared/contracts/finding-kinds.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findFinding, shortFindingId } from '../connection/find-finding.ts';
import { findRun } from '../connection/find-run.ts';
import { hardwareNamesOf } from '../connection/hardware-names.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { findingsTable } from '../results/findings-table.ts';
import { actOnFinding, readFindingAction } from './finding-action.ts';

export const findings = defineCommand({
  name: 'findings',
  summary: 'regressions, improvements and other changes',
  positionals: ['[acknowledge|dismiss|reopen|link]', '[FINDING]'],
  options: {
    run: { kind: 'text', value: 'RUN', help: 'only those of this run' },
    kind: { kind: 'choice', choices: FINDING_KINDS, help: 'only this kind' },
    state: { kind: 'choice', choices: FINDING_STATES, help: 'only those in this state' },
    all: { kind: 'flag', short: 'a', help: 'include dismissed and withdrawn findings' },
    limit: { kind: 'count', value: 'N', help: 'how many (50)' },
    reason: { kind: 'text', value: 'TEXT', help: 'of an action; a dismissal needs one' },
    link: { kind: 'text', value: 'URL', help: 'link to the issue or pull request' },
  },
  details:
    'bw findings acknowledge FINDING              accept it as real; someone is handling it\n' +
    'bw findings dismiss FINDING --reason TEXT    not a regression; the detector learns from it\n' +
    'bw findings reopen FINDING                   back to confirmed\n' +
    'bw findings link FINDING --link URL          link to the issue or pull request\n\n' +
    'FINDING is an id, which may be cut short, or `last`. `bw explain FINDING` says why it is there.',
  async run(context, { run, kind, state, all, limit = 50, reason = '', link }, [action, finding]) {
    if (action !== undefined) return await act(context, action, finding, reason, link);
    const { rows, names } = await withStack(context, async (client) => {
      const run_id = run === undefined ? undefined : await findRun(client, run);
      const states = state !== undefined ? [state] : all ? undefined : FINDING_STATES.filter(isOpen);
      const found = await client.query('findings', {
        limit,
        ...(run_id === undefined ? {} : { run_id }),
        ...(kind === undefined ? {} : { kind }),
        ...(states === undefined ? {} : { states }),
      });
      return { rows: found.rows, names: await hardwareNamesOf(client) };
    });
    const { out, err, style, json, now } = context;
    if (json) out.line(JSON.stringify(rows));
    else if (rows.length === 0)
      err.line('no open findings. A series is judged from its sixth measurement on; --all shows settled ones, too.');
    else
      out.lines(
        findingsTable(
          rows.map((row) => ({ ...row, pool: names.pool(row.pool) })),
          style,
          out.columns,
          now(),
        ),
      );
    return EXIT.ok;
  },
});

function isOpen(state: (typeof FINDING_STATES)[number]): boolean {
  return state !== 'dismissed' && state !== 'went_away';
}

async function act(
  context: CliContext,
  text: string,
  finding: string | undefined,
  reason: string,
  link: string | undefined,
): Promise<number> {
  const action = readFindingAction(text);
  if (finding === undefined) throw new UsageError(`FINDING is missing: bw findings ${action} FINDING`);
  const reply = await withStack(context, async (client) => {
    const { finding_id } = await findFinding(client, finding);
    return await actOnFinding(client.nats, { finding_id, action, reason, ...(link === undefined ? {} : { link }) });
  });
  const { out, json } = context;
  if (json) out.line(JSON.stringify(reply));
  else out.line(`${shortFindingId(reply.finding_id)}: ${action === 'link' ? `linked to ${link}` : reply.state}`);
  return EXIT.ok;
}

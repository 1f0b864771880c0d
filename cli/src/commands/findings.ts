import { FINDING_KINDS } from '@benchwire/shared/contracts/finding.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';
import { findingsTable } from '../results/findings-table.ts';

export const findings = defineCommand({
  name: 'findings',
  summary: 'regressions, improvements and other changes',
  positionals: [],
  options: {
    run: { kind: 'text', value: 'RUN', help: 'only those of this run' },
    kind: { kind: 'choice', choices: FINDING_KINDS, help: 'only this kind' },
    limit: { kind: 'count', value: 'N', help: 'how many (50)' },
  },
  async run(context, { run, kind, limit = 50 }) {
    const { rows } = await withStack(context, async (client) => {
      const run_id = run === undefined ? undefined : await findRun(client, run);
      return await client.query('findings', {
        limit,
        ...(run_id === undefined ? {} : { run_id }),
        ...(kind === undefined ? {} : { kind }),
      });
    });
    const { out, err, style, json, now } = context;
    if (json) out.line(JSON.stringify(rows));
    else if (rows.length === 0) err.line('no finding. A series is judged from its sixth measurement on.');
    else out.lines(findingsTable(rows, style, out.columns, now()));
    return EXIT.ok;
  },
});

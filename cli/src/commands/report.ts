import { writeFileSync } from 'node:fs';
import { runReport } from '@benchwire/shared/client/run-report.ts';
import { renderReport } from '@benchwire/shared/report/render-report.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'a run as one self-contained HTML file',
  positionals: ['RUN'],
  options: {
    output: { kind: 'text', value: 'FILE', help: 'where to write it (benchwire-report-RUN.html), or - for stdout' },
  },
  async run(context, values, [text = 'last']) {
    const found = await withStack(context, async (client) => {
      const run_id = await findRun(client, text);
      const data = await runReport(client, run_id, new Date());
      if (data === undefined)
        throw new NotFoundError(`there is no run ${run_id} (or it was submitted this moment and isn't stored yet).`);
      return data;
    });
    const page = renderReport(found);
    const { output = `benchwire-report-${shortRunId(found.run.run_id)}.html` } = values;
    if (output === '-') {
      context.out.line(page);
      return EXIT.ok;
    }
    try {
      writeFileSync(output, page);
    } catch (error) {
      throw new UsageError(`the report can't be written: ${messageOf(error)}. --output takes another place.`);
    }
    context.err.line(`written to ${output}`);
    return EXIT.ok;
  },
});

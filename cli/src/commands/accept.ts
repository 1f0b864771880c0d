import { userInfo } from 'node:os';
import { acceptRun, acceptSeries } from '@benchwire/shared/client/accept.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findFinding } from '../connection/find-finding.ts';
import { findRun } from '../connection/find-run.ts';
import { EXIT, NotFoundError } from '../errors.ts';
import { count } from '../terminal/numbers.ts';

export const accept = defineCommand({
  name: 'accept',
  summary: 'make the level of a run or finding the baseline from its commit on',
  positionals: ['RUN|FINDING'],
  options: { reason: { kind: 'text', value: 'TEXT', help: 'why it may be slower' } },
  details: `
Of a run everything that is slower than its base is accepted. Its verdict passes from then on, and later commits are compared with
the accepted level.

  bw accept last --reason "a better answer costs time"
  bw accept 6f2c1a.019ab000-0000      # a finding, as \`bw findings\` shows it`,
  async run(context, { reason = '' }, [text = '']) {
    const options = { by: userInfo().username, reason, now: new Date(context.now()) };
    const series_ids = await withStack(context, (client) => accepted(client, text, options));
    if (context.json) context.out.line(JSON.stringify({ accepted: series_ids }));
    else context.out.line(`accepted: ${count(series_ids.length, 'metric')}`);
    return EXIT.ok;
  },
});

async function accepted(client: Client, text: string, options: Parameters<typeof acceptRun>[2]): Promise<string[]> {
  if (text.includes('.')) {
    const { series_id, run_id, task_id } = await findFinding(client, text);
    for await (const row of client.results(run_id)) {
      if (row.series_id !== series_id || row.task_id !== task_id) continue;
      await acceptSeries(client.nats, [series_id], row.measured_at, options);
      return [series_id];
    }
    throw new NotFoundError(`the point that finding ${text} is about is not stored any more.`);
  }
  const run_id = await findRun(client, text);
  const series_ids = await acceptRun(client.nats, run_id, options);
  if (series_ids.length === 0)
    throw new NotFoundError(`run ${run_id} has nothing to accept: no metric of it is slower than its base.`);
  return series_ids;
}

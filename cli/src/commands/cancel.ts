import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'cancel a run: end what runs, start nothing more of it',
  positionals: ['RUN'],
  options: { reason: { kind: 'text', value: 'TEXT', help: 'why; stands in the outcomes' } },
  async run(context, { reason = 'cancelled with bw cancel' }, [text = '']) {
    const run_id = await withStack(context, async (client) => {
      const id = await findRun(client, text);
      await client.cancel(id, reason.slice(0, 1024));
      return id;
    });
    if (context.json) context.out.line(JSON.stringify({ run_id, cancelling: true }));
    else
      context.out.line(
        `run ${run_id} is being cancelled. \`bw show ${shortRunId(run_id)}\` says what became of its tasks.`,
      );
    return EXIT.ok;
  },
});

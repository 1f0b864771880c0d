import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { decideRun } from '../connection/decide-run.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';

export const archive = defineCommand({
  name: 'archive',
  summary: 'take a finished run out of the lists, or bring it back',
  positionals: ['RUN'],
  options: {
    restore: { kind: 'flag', help: 'bring it back' },
    reason: { kind: 'text', value: 'TEXT', help: 'the reason, recorded in the events' },
  },
  details: `
An archived run is left out of lists, the overview and the findings. Nothing of it is lost, and its points stay in the histories of their series.
\`bw runs --archived only\` lists archived runs.`,
  async run(context, { restore = false, reason = '' }, [text = '']) {
    const decision = restore ? 'restore' : 'archive';
    const run_id = await withStack(context, async (client) => {
      const id = await findRun(client, text);
      await decideRun(client, id, decision, reason, context.now());
      return id;
    });
    if (context.json) context.out.line(JSON.stringify({ run_id, archived: !restore }));
    else if (restore) context.out.line(`run ${run_id} is back in the lists.`);
    else context.out.line(`run ${run_id} is archived: \`bw archive ${shortRunId(run_id)} --restore\` brings it back.`);
    return EXIT.ok;
  },
});

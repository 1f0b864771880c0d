import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';
import { watchStreams } from '../watch/watch-streams.ts';

export const watch = defineCommand({
  name: 'watch',
  summary: 'what happens, as it happens: outcomes, events, metrics, findings',
  positionals: ['RUN|all'],
  options: {},
  details: `
For a run: everything from its beginning, until it is finished. For \`all\`: everything from now on, until Ctrl-C.
With --json one object a line: {"stream", "subject", "at", …the message}.`,
  async run(context, _values, [text = 'all']) {
    return await withStack(context, async (client) => {
      const run_id = text === 'all' ? undefined : await findRun(client, text);
      const interrupted = Promise.withResolvers<number>();
      const release = context.onInterrupt(() => interrupted.resolve(EXIT.interrupted));
      const watching = watchStreams(context, client.nats, run_id);
      const code = await Promise.race([watching.finished, interrupted.promise]);
      release();
      await watching.stop();
      return code;
    });
  },
});

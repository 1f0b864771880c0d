import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun } from '../connection/find-run.ts';
import { watchStreams } from '../watch/watch-streams.ts';

export const watch = defineCommand({
  name: 'watch',
  summary: 'follow outcomes, events, metrics and findings live',
  positionals: ['RUN|all'],
  options: {},
  details: `
For a run: everything from its beginning, until it is finished. For \`all\`: everything from now on, until Ctrl-C.
With --json one object a line: {"stream", "subject", "at", …the message}.`,
  async run(context, _values, [text = 'all']) {
    return await withStack(context, async (client) => {
      const run_id = text === 'all' ? undefined : await findRun(client, text);
      const interrupted = new AbortController();
      const release = context.onInterrupt(() => interrupted.abort());
      try {
        return await watchStreams(context, client, run_id, interrupted.signal);
      } finally {
        release();
      }
    });
  },
});

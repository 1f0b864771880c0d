import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { dashboardUrl } from '../connection/dashboard-url.ts';
import { findRun } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';
import { printVerdict } from '../results/print-verdict.ts';
import { VERDICT_FORMATS } from '../results/verdict-formats.ts';

export const verdict = defineCommand({
  name: 'verdict',
  summary: 'is a run slower than its base, and why',
  positionals: ['RUN'],
  options: { format: { kind: 'choice', choices: VERDICT_FORMATS, help: 'as Markdown, or as a JUnit file' } },
  details: `
The run is compared with the main branch at the commit that its branch began at; a run of a main branch with the commits before it.
The answer is the same however often it is asked. Exit code 2 where the run's gate fails.

  bw verdict last
  bw verdict last --format junit > verdict.xml`,
  async run(context, { format }, [text = 'last']) {
    const { said, url } = await withStack(context, async (client) => {
      const said = await client.verdict(await findRun(client, text));
      return { said, url: await dashboardUrl(context, client.nats, said.run_id) };
    });
    printVerdict(context, said, format, url);
    return said.outcome === 'fail' ? EXIT.regression : EXIT.ok;
  },
});

import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { dashboardUrl } from '../connection/dashboard-url.ts';
import { findRun } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';
import { printVerdict } from '../results/print-verdict.ts';
import { VERDICT_FORMATS } from '../results/verdict-formats.ts';

export const compare = defineCommand({
  name: 'compare',
  summary: 'is run B slower than run A',
  positionals: ['A', 'B'],
  options: { format: { kind: 'choice', choices: VERDICT_FORMATS, help: 'as Markdown, or as a JUnit file' } },
  details: `
The runs of both commits are pooled; how much one run differs from the next is known from the other points of each series. Exit code 2 where
B's gate fails.

  bw compare 019ab000-0000 last`,
  async run(context, { format }, [a = '', b = '']) {
    const { said, url } = await withStack(context, async (client) => {
      const [base, head] = [await findRun(client, a), await findRun(client, b)];
      const said = await client.verdict(head, base);
      return { said, url: await dashboardUrl(context, client.nats, said.run_id) };
    });
    printVerdict(context, said, format, url);
    return said.outcome === 'fail' ? EXIT.regression : EXIT.ok;
  },
});

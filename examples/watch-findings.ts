// Prints regressions and other findings as they come, until Ctrl-C; with a number, those of the last hours before.
//
//   node bootstrap.js node examples/watch-findings.ts [HOURS]
import { connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';

const [hours] = process.argv.slice(2);
const from = hours === undefined ? 'now' : new Date(Date.now() - Number(hours) * 3_600_000);

const { options } = findStack({ environment: process.env, working_directory: process.cwd() });
const client = await connectClient(options, 'watch-findings');
process.once('SIGINT', () => void client.close());

const watching = await client.watch({ streams: ['findings'], from });
console.log('watching');
for await (const message of watching) {
  switch (message.stream) {
    case 'findings': {
      const { kind, series_id, source, message: what } = message.value;
      console.log(`${message.at} ${kind} of series ${series_id}, commit ${source?.commit ?? 'unknown'}: ${what}`);
      break;
    }
    case 'unreadable':
      console.error(`${message.subject} is not a finding: ${message.issues[0]?.message}`);
      break;
    default:
      message satisfies never;
  }
}

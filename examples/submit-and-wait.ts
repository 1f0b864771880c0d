// Submits a request, tells how its tasks end, and prints what was measured.
//
//   npm start                                                    # in another terminal
//   node bootstrap.js node examples/submit-and-wait.ts [MODEL]   # plain `node` does, too, from version 24 on
import { connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';

const [model = 'silero-vad-v5'] = process.argv.slice(2);
const { options } = findStack({ environment: process.env, working_directory: process.cwd() });
const client = await connectClient(options, 'submit-and-wait');

// With a request_id as second argument, {request_id: …}, submitting it again would answer with the same run.
const { run_id } = await client.submit({
  name: 'submit-and-wait',
  tasks: [{ task_id: 'measure', config: { model, batch_sizes: [1, 2], iterations: 100 } }],
});
console.log(`run ${run_id}`);

// From the run's beginning until it is over, whenever that was.
for await (const message of await client.watch({ run_id, streams: ['outcomes'] })) {
  if (message.stream !== 'outcomes') continue;
  const { task_id, attempt, status, error } = message.value;
  console.log(`${task_id}, attempt ${attempt}: ${status}${error === null ? '' : ` (${error.code}: ${error.message})`}`);
}

// The results are rows of ClickHouse a moment later.
const run = await client.finished(run_id);
for await (const { metric, batch_size, value, unit } of client.results(run_id)) {
  console.log(`${metric} at batch ${batch_size}: ${value.toPrecision(4)} ${unit}`);
}
await client.close();
process.exitCode = run.completed === run.total ? 0 : 1;

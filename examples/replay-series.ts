// One series: the points that the streams still hold, what was found about it, and the whole history from ClickHouse.
//
//   npm run bw -- series                                    # lists the ids
//   node bootstrap.js node examples/replay-series.ts SERIES
import { connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import { pointsOf } from '@benchwire/shared/contracts/series.ts';

const [series_id] = process.argv.slice(2);
if (series_id === undefined) {
  console.error('usage: node bootstrap.js node examples/replay-series.ts SERIES (`npm run bw -- series` lists them)');
  process.exit(64);
}
const { options } = findStack({ environment: process.env, working_directory: process.cwd() });
const client = await connectClient(options, 'replay-series');

// Findings have the series in their subject. An outcome has not: it holds a point of several series, and which ones
// `pointsOf` computes from it. So all outcomes are read, and those that don't concern the series are left out.
for await (const message of await client.watch({ series_id, from: 'start', until: 'caught_up' })) {
  if (message.stream === 'findings') console.log(`${message.at}  ${message.value.kind}: ${message.value.message}`);
  if (message.stream !== 'outcomes') continue;
  const point = pointsOf(message.value).find((each) => each.series_id === series_id);
  console.log(`${message.at}  ${point?.key.metric} ${point?.value} ${point?.unit ?? ''}`);
}

const { rows } = await client.query('points', { series_id });
console.log(`${rows.length} points in ClickHouse: ${rows.map(({ value }) => value).join(', ')}`);
await client.close();

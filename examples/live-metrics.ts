// What every NATS client can: metrics while they are measured, as plain messages. What is published while nobody listens,
// or faster than somebody listens, is not sent again: the stream METRICS has it for a day (replay-last-hour.ts).
//
//   node bootstrap.js node examples/live-metrics.ts [RUN_ID]
import { existsSync, readFileSync } from 'node:fs';
import { decode } from '@msgpack/msgpack';
import { connect } from '@nats-io/transport-node';

/** docs/streams.md has all fields. */
interface MetricBatch {
  run_id: string;
  task_id: string;
  columns: Array<{
    metric: string;
    unit: string | null;
    batch_size: number | null;
    times_ms: number[];
    values: number[];
  }>;
}

const [run_id = '*'] = process.argv.slice(2);
const file = '.benchwire/stack.json';
const known = process.env.NATS_URL !== undefined || !existsSync(file);
const env: Record<string, string | undefined> = known ? process.env : JSON.parse(readFileSync(file, 'utf8')).env;
const { NATS_URL: servers = 'nats://127.0.0.1:4222', NATS_USER: user = '', NATS_PASSWORD: pass = '' } = env;
const nats = await connect({ servers, user, pass });
process.once('SIGINT', () => void nats.close());

const batches = nats.subscribe(`bw.metrics.${run_id}.*`);
await nats.flush(); // the server has the subscription
console.log('listening');
for await (const message of batches) {
  const { task_id, columns } = decode(message.data) as MetricBatch;
  for (const { metric, unit, times_ms, values } of columns) {
    for (const [i, value] of values.entries()) {
      console.log(`${new Date(times_ms[i] ?? 0).toISOString()}  ${task_id}  ${metric} ${value} ${unit ?? ''}`);
    }
  }
}

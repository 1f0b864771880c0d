// What every NATS client can: replays the last hour of the four public streams, with nothing but NATS's own packages and
// a reader of MessagePack. docs/streams.md says what the messages hold.
//
//   node bootstrap.js node examples/replay-last-hour.ts
import { existsSync, readFileSync } from 'node:fs';
import { decode } from '@msgpack/msgpack';
import { DeliverPolicy, type JsMsg, jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

// A running local stack tells how to reach it; NATS_URL and the others tell of any other one.
const file = '.benchwire/stack.json';
const known = process.env.NATS_URL !== undefined || !existsSync(file);
const env: Record<string, string | undefined> = known ? process.env : JSON.parse(readFileSync(file, 'utf8')).env;
const { NATS_URL: servers = 'nats://127.0.0.1:4222', NATS_USER: user = '', NATS_PASSWORD: pass = '' } = env;
const { NATS_INBOX_PREFIX: inboxPrefix = '_INBOX' } = process.env;
const nats = await connect({ servers, user, pass, inboxPrefix });

const since = new Date(Date.now() - 3_600_000).toISOString();
for (const stream of ['EVENTS', 'METRICS', 'OUTCOMES', 'FINDINGS']) {
  // An ordered consumer: each message once, in order, and nothing to acknowledge or to clean up.
  const consumer = await jetstream(nats).consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: since,
  });
  // Until nothing comes for two seconds. Counting down `num_pending` is no end: nats-server 2.9 may count too many.
  const found: JsMsg[] = [];
  const messages = await consumer.consume();
  const timer = setTimeout(() => messages.close(), 2000);
  for await (const message of messages) {
    found.push(message);
    timer.refresh(); // without the timer it would go on with what happens now
  }
  console.log(`${stream}: ${found.length} messages since ${since}`);
  for (const message of found) {
    const at = message.time.toISOString();
    if (stream === 'METRICS') {
      const { columns } = decode(message.data) as { columns: Array<{ metric: string; values: number[] }> };
      const points = columns.map(({ metric, values }) => `${values.length} × ${metric}, last ${values.at(-1)}`);
      console.log(`${at}  ${message.subject}  ${points.join('; ')}`);
    } else {
      const { kind, status, message: text } = message.json<{ kind?: string; status?: string; message?: string }>();
      console.log(`${at}  ${message.subject}  ${kind ?? status}  ${text ?? ''}`);
    }
  }
}
await nats.close();

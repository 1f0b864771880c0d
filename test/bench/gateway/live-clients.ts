import { WebSocket } from 'ws';

/** A process with many WebSocket clients on one run, so that the gateway has its own processor. Told by messages from its parent. */
interface Start {
  url: string;
  key: string;
  run_id: string;
  clients: number;
}

/** From the end of a task on its worker until a client has its outcome. */
const latencies: number[] = [];
const counts: number[] = [];
const subscribed_ms: number[] = [];
let subscribed = 0;

process.on('message', (message: Start | { expected: number }) => {
  if ('expected' in message) void report(message.expected);
  else start(message);
});

function start({ url, key, run_id, clients }: Start): void {
  for (let client = 0; client < clients; client++) {
    counts[client] = 0;
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`, {
      headers: { authorization: `Bearer ${key}` },
    });
    socket.on('open', () =>
      socket.send(JSON.stringify({ op: 'subscribe', id: 'a', topic: `run:${run_id}`, from: {} })),
    );
    socket.on('message', (bytes: Buffer) => {
      const heard_ms = Date.now();
      const text = bytes.toString();
      if (text.startsWith('{"op"')) {
        if (!text.includes('"subscribed"')) return;
        subscribed_ms[client] = heard_ms;
        if (++subscribed === clients) process.send?.({ subscribed });
        return;
      }
      counts[client] = (counts[client] ?? 0) + 1;
      const at = /"kind":"outcome".*"finished_at":"([^"]+)"/.exec(text)?.[1];
      // What was there before the client is no matter of how fast it is told.
      const ended_ms = at === undefined ? 0 : Date.parse(at);
      if (ended_ms > (subscribed_ms[client] ?? Number.POSITIVE_INFINITY)) latencies.push(heard_ms - ended_ms);
    });
    socket.on('error', (error) => process.send?.({ error: error.message }));
  }
}

/** Waits until every client has heard everything, or a minute. */
async function report(expected: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (counts.some((count) => count < expected) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  // Many megabytes: they have to be out before the process goes.
  process.send?.({ counts, latencies }, () => process.exit(0));
}

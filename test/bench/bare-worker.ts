import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** The worker process of the bare BullMQ baseline. */
const [name = '', redis_url = '', concurrency = '1'] = process.argv.slice(2);
let done = 0;
let report_after = Number.POSITIVE_INFINITY;

const worker = new Worker(
  name,
  async (job) => {
    if (job.data.tell === true) process.send?.({ started_ms: performance.timeOrigin + performance.now() });
    if (job.data.hang === true) await new Promise(() => undefined);
  },
  {
    connection: new Redis(redis_url, { maxRetriesPerRequest: null }),
    concurrency: Number(concurrency),
    removeOnComplete: { count: 1000 },
  },
);
worker.on('completed', () => {
  done++;
  check();
});

function check(): void {
  if (done < report_after) return;
  done -= report_after;
  report_after = Number.POSITIVE_INFINITY;
  process.send?.({ finished: true });
}

process.on('message', (message: { report_after: number }) => {
  report_after = message.report_after;
  check();
});
await worker.waitUntilReady();
process.send?.({ ready: true });

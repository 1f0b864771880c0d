import { runService } from '@benchwire/shared/runtime/service.ts';
import { workerConfig } from './config.ts';
import { startWorker } from './start-worker.ts';

await runService({
  name: 'worker',
  config: workerConfig,
  // Thousands of workers must not mean hundreds of stored reports a second; each has a heartbeat.
  health_interval_ms: 300_000,
  keeps_off_streams: true,
  start: (context) => startWorker(context, process.env),
});

import { runService } from '@benchwire/shared/runtime/service.ts';
import { workerConfig } from './config.ts';
import { startWorker } from './start-worker.ts';

await runService({
  name: 'worker',
  config: workerConfig,
  start: (context) => startWorker(context, process.env),
});

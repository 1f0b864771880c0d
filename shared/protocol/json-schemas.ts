import { z } from 'zod';
import { benchEvent } from '../contracts/event.ts';
import { job } from '../contracts/job.ts';
import { joinReply, joinRequest } from '../contracts/join.ts';
import { metricBatch } from '../contracts/metrics.ts';
import { outcome } from '../contracts/outcome.ts';
import { pluginCommand, pluginMessage } from '../contracts/plugin.ts';
import { runnerCommand, runnerMessage } from '../contracts/runner.ts';
import { capabilities, heartbeat, workerCommand, workerCommandReply } from '../contracts/worker.ts';

/** What a worker reads comes with every default filled in; what it writes may leave out what is optional. */
type Direction = 'worker_reads' | 'worker_writes';

/** The messages of the worker protocol, by the name of their file in docs/protocol. */
const MESSAGES: Readonly<Record<string, { schema: z.ZodType; direction: Direction; title: string }>> = {
  capabilities: {
    schema: capabilities,
    direction: 'worker_writes',
    title: 'What a worker offers: its entry in the KV bucket `workers`',
  },
  heartbeat: { schema: heartbeat, direction: 'worker_writes', title: 'A heartbeat, on bw.heartbeat.<worker_id>' },
  'worker-command': {
    schema: workerCommand,
    direction: 'worker_reads',
    title: 'A command to a worker, on bw.worker.<worker_id>.command',
  },
  'worker-command-reply': { schema: workerCommandReply, direction: 'worker_writes', title: 'What it answers' },
  job: { schema: job, direction: 'worker_reads', title: 'The data of a BullMQ job: one attempt' },
  'metric-batch': {
    schema: metricBatch,
    direction: 'worker_writes',
    title: 'Metric points, as MessagePack, on bw.metrics.<run_id>.<task_id>',
  },
  outcome: {
    schema: outcome,
    direction: 'worker_writes',
    title: 'How an attempt ended, on bw.outcome.<run_id>.<task_id>',
  },
  event: { schema: benchEvent, direction: 'worker_writes', title: 'An event, on bw.event.<entity>.<run_id or ->' },
  'join-request': { schema: joinRequest, direction: 'worker_writes', title: 'A question on bw.worker.join' },
  'runner-command': {
    schema: runnerCommand,
    direction: 'worker_reads',
    title: 'What a worker tells its runner (runner.md)',
  },
  'runner-message': {
    schema: runnerMessage,
    direction: 'worker_writes',
    title: 'What a runner tells its worker (runner.md)',
  },
  'plugin-command': {
    schema: pluginCommand,
    direction: 'worker_reads',
    title: 'What a plug-in reads (plugin.md)',
  },
  'plugin-message': {
    schema: pluginMessage,
    direction: 'worker_writes',
    title: 'What a plug-in says (plugin.md)',
  },
  'join-reply': { schema: joinReply, direction: 'worker_reads', title: 'The answer to it, which holds a secret' },
};

/**
 * The JSON Schemas (draft 2020-12) of the worker protocol, out of the contracts: file name to text. Pure.
 * Fields that a schema does not know are allowed everywhere: later versions add some, and readers ignore them.
 */
export function protocolSchemas(): Map<string, string> {
  return new Map(
    Object.entries(MESSAGES).map(([name, { schema, direction, title }]) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, {
        io: direction === 'worker_reads' ? 'output' : 'input',
        override: ({ jsonSchema }) => {
          if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        },
      });
      const file = `${name}.schema.json`;
      return [file, `${JSON.stringify({ $schema, $id: `benchwire:${file}`, title, ...rest }, null, 2)}\n`];
    }),
  );
}

import type { Issue } from '@benchwire/shared/contracts/request.ts';
import {
  type WorkerCommand,
  type WorkerCommandReply,
  workerCommand,
  workerCommandSubject,
  workerPingSubject,
} from '@benchwire/shared/contracts/worker.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import { z } from 'zod';
import type { AttemptRunner } from '../attempt/attempt-runner.ts';
import type { HealthReport } from '../health/check.ts';

export interface CommandHandlerOptions {
  nats: NatsConnection;
  client: JetStreamClient;
  log: Log;
  worker_id: string;
  boot_id: string;
  runner: AttemptRunner;
  drain: () => Promise<void>;
  resume: () => Promise<void>;
  checkHealth: () => Promise<HealthReport>;
  register: () => Promise<void>;
  /** What a task of executor `command` would measure now. */
  inspect: (config: unknown) => Promise<Pick<WorkerCommandReply, 'ok' | 'message' | 'environment'>>;
}

/** Answers what the scheduler and people tell this worker to do. */
export function answerCommands(options: CommandHandlerOptions): Running {
  const { nats, client, log, worker_id, boot_id } = options;
  const common = {
    refuse: (issues: Issue[]): WorkerCommandReply => ({
      ok: false,
      message: issues.map((issue) => `${issue.path}: ${issue.message}`).join('; '),
      boot_id,
    }),
    rejected_where: 'worker_command',
    max_concurrent: 16,
  };
  const commands = respond<WorkerCommand, WorkerCommandReply>(nats, client, log, {
    ...common,
    subject: workerCommandSubject(worker_id),
    schema: workerCommand,
    handle: async (command) => ({ ...(await obey(command, options)), boot_id }),
  });
  const pings = respond<z.infer<typeof ping>, WorkerCommandReply>(nats, client, log, {
    ...common,
    subject: workerPingSubject(worker_id),
    schema: ping,
    handle: async () => ({ ...HERE, boot_id }),
  });
  return { stop: async () => void (await Promise.all([commands.stop(), pings.stop()])) };
}

const ping = z.object({ command: z.literal('ping') });
const HERE = { ok: true, message: 'here' };

async function obey(command: WorkerCommand, options: CommandHandlerOptions): Promise<WorkerCommandReply> {
  switch (command.command) {
    case 'abort': {
      const found = options.runner.abort(command, 'cancelled', command.reason);
      return found
        ? { ok: true, message: 'the attempt is being stopped' }
        : { ok: false, message: 'the attempt does not run here' };
    }
    case 'drain':
      await options.drain();
      return { ok: true, message: 'takes no more jobs; those in execution go on' };
    case 'resume':
      await options.resume();
      return { ok: true, message: 'takes jobs' };
    case 'health_check':
      return await options.checkHealth();
    case 'inspect':
      return await options.inspect(command.config);
    case 'ping':
      return HERE;
    case 'logs': {
      const logs = options.runner.logsOf(command)?.since(command.after);
      return logs === undefined
        ? { ok: false, message: 'the attempt does not run here' }
        : { ok: true, message: 'the log so far', logs };
    }
    case 'register':
      await options.register();
      return { ok: true, message: 'is registered' };
    default:
      return command satisfies never;
  }
}

import { JOIN_SUBJECT, type JoinReply, type JoinRequest, joinRequest } from '@benchwire/shared/contracts/join.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';

interface AnswerJoinsOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  log: Log;
  config: { REDIS_URL: string; WORKER_REDIS_URL?: string | undefined; REDIS_PREFIX: string; NATS_REPLICAS: number };
}

/** Tells workers that join where their queues are. Every replica knows, so any one answers. */
export function answerJoins({ nats, jetstream, log, config }: AnswerJoinsOptions): Running {
  return respond<JoinRequest, JoinReply>(nats, jetstream, log, {
    subject: JOIN_SUBJECT,
    queue: 'scheduler',
    schema: joinRequest,
    refuse: (issues) => ({ ok: false, issues }),
    handle: async ({ hostname }) => {
      log.info({ hostname }, 'a worker asks how to join');
      return {
        ok: true,
        redis_url: config.WORKER_REDIS_URL ?? config.REDIS_URL,
        redis_prefix: config.REDIS_PREFIX,
        nats_replicas: config.NATS_REPLICAS,
      };
    },
    rejected_where: 'worker_join',
    max_concurrent: 16,
  });
}

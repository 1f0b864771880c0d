import { DASHBOARD_ADDRESS_SUBJECT, type dashboardAddressReply } from '@benchwire/shared/contracts/http.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';

import { z } from 'zod';

interface AddressOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  log: Log;
  /** DASHBOARD_URL. */
  url: string | undefined;
}

/** Says over NATS where people reach the dashboard. */
export function answerAddress({ nats, jetstream, log, url: said }: AddressOptions): Running {
  const url = said ?? null;
  return respond<unknown, z.infer<typeof dashboardAddressReply>>(nats, jetstream, log, {
    subject: DASHBOARD_ADDRESS_SUBJECT,
    queue: 'gateway',
    schema: z.unknown(),
    refuse: () => ({ url }),
    handle: async () => ({ url }),
    max_concurrent: 16,
  });
}

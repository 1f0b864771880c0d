import { MESSAGE_VERSION, newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import {
  RELEASE_SUBJECT,
  RESERVATIONS_BUCKET,
  RESERVATIONS_SUBJECT,
  RESERVE_SUBJECT,
  type ReleaseReply,
  type Reservation,
  type ReservationsReply,
  type ReserveReply,
  type ReserveRequest,
  releaseRequest,
  reservation,
  reservationsRequest,
  reserveRequest,
} from '@benchwire/shared/contracts/scheduler.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Reservations } from '../placement/reservations.ts';

interface ReservationsOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  replicas: number;
  reservations: Reservations;
  log: Log;
  now: () => number;
}

/** How often reservations that are over are cleared away. */
const CLEAR_MS = 60_000;

const refuse = (issues: Issue[]): { ok: false; issues: Issue[] } => ({ ok: false, issues });

/** Keeps the reservations as the bucket has them, and answers those who make and end them. Every replica does. */
export async function keepReservations(options: ReservationsOptions): Promise<Running> {
  const { nats, jetstream, manager, reservations, log, now } = options;
  const bucket = await openBucket(nats, RESERVATIONS_BUCKET, options.replicas);
  const following = followBucket({
    ...{ bucket, name: RESERVATIONS_BUCKET, schema: reservation, nats, client: jetstream, manager, log },
    put: (value) => reservations.apply(value),
    removed: (id) => reservations.remove(id),
  });
  const common = { queue: 'scheduler', refuse, rejected_where: 'reservation', max_concurrent: 16 };
  const answering = [
    respond<ReserveRequest, ReserveReply>(nats, jetstream, log, {
      ...common,
      subject: RESERVE_SUBJECT,
      schema: reserveRequest,
      handle: (request) => reserve(request, bucket, reservations, now()),
    }),
    respond<{ id: string }, ReleaseReply>(nats, jetstream, log, {
      ...common,
      subject: RELEASE_SUBJECT,
      schema: releaseRequest,
      handle: async ({ id }) => {
        if (!reservations.all.some((each) => each.id === id)) {
          const message = `there is no reservation ${id}: \`bw reservations\` lists them`;
          return refuse([{ path: 'id', code: 'unknown_reservation', message }]);
        }
        await bucket.delete(id);
        return { ok: true, id };
      },
    }),
    respond<Record<string, never>, ReservationsReply>(nats, jetstream, log, {
      ...common,
      subject: RESERVATIONS_SUBJECT,
      schema: reservationsRequest,
      handle: async () => ({ ok: true, reservations: reservations.all }),
    }),
  ];
  const clearing = setInterval(() => {
    for (const { id } of reservations.past(now())) bucket.delete(id).catch(() => undefined);
  }, CLEAR_MS);
  return {
    stop: async () => {
      clearInterval(clearing);
      await Promise.all(answering.map((each) => each.stop()));
      await following.stop();
    },
  };
}

async function reserve(
  request: ReserveRequest,
  bucket: KV,
  reservations: Reservations,
  now: number,
): Promise<ReserveReply> {
  const from_ms = request.from === undefined ? now : Date.parse(request.from);
  const until_ms = Date.parse(request.until);
  if (until_ms <= Math.max(now, from_ms)) {
    const message = `it would end at ${request.until}, before it begins: give a later time`;
    return refuse([{ path: 'until', code: 'ends_too_early', message }]);
  }
  const wanted: Reservation = {
    v: MESSAGE_VERSION,
    id: newRunId(),
    pool: request.pool,
    tenant: request.tenant ?? null,
    run_id: request.run_id ?? null,
    from: new Date(from_ms).toISOString(),
    until: new Date(until_ms).toISOString(),
    made_at: new Date(now).toISOString(),
  };
  const other = reservations.conflictOf(wanted);
  if (other !== undefined) {
    const whom = other.tenant === null ? `run ${other.run_id}` : `the tenant ${other.tenant}`;
    const message = `${other.pool} is reserved for ${whom} from ${other.from} until ${other.until} (${other.id})`;
    return refuse([{ path: 'from', code: 'already_reserved', message }]);
  }
  await bucket.put(wanted.id, JSON.stringify(wanted));
  reservations.apply(wanted);
  return { ok: true, reservation: wanted };
}

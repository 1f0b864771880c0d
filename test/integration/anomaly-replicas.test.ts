import { ACT_SUBJECT, type ActReply, actReply } from '@benchwire/shared/contracts/anomaly.ts';
import { type Finding, finding, SETTLED_SUBJECT, settledReply } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { LEASE_TTL_MS, LEASES_BUCKET } from '@benchwire/shared/contracts/lease.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { querySubject } from '@benchwire/shared/contracts/query.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type NatsFixture, natsFixture, readAll } from '../support/nats-fixture.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

const SLOTS = 4;
let fixture: NatsFixture;
let replicas: SpawnedService[] = [];

beforeAll(async () => {
  fixture = await natsFixture();
  for (const name of ['history', 'deleted_runs'] as const) {
    fixture.nats.subscribe(querySubject(name), {
      callback: (_, message) => {
        message.respond(JSON.stringify({ ok: true, columns: [], rows: [], truncated: false }));
      },
    });
  }
});
afterAll(() => fixture?.stop());

beforeEach(async () => {
  for (const stream of ['OUTCOMES', 'FINDINGS']) await fixture.manager.streams.purge(stream);
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  replicas = [];
});

function start(): SpawnedService {
  const replica = spawnService('anomaly', { ...fixture.servers.env, ANOMALY_SHARDS: String(SLOTS) });
  replicas.push(replica);
  return replica;
}

/** Who holds each slot now. */
async function holders(): Promise<string[]> {
  const bucket = await openBucket(fixture.nats, LEASES_BUCKET, 1, LEASE_TTL_MS);
  const entries = await Promise.all(
    Array.from({ length: SLOTS }, (_, index) => bucket.get(`anomaly-${index}-of-${SLOTS}`)),
  );
  return entries.flatMap((entry) => (entry?.operation === 'PUT' ? [entry.json<{ holder: string }>().holder] : []));
}

async function publish(outcome: Outcome): Promise<number> {
  const options = { msgID: outcomeMessageId(outcome) };
  return (await fixture.client.publish(outcomeSubject(outcome), JSON.stringify(outcome), options)).seq;
}

async function settled(stream_sequence: number): Promise<void> {
  const question = JSON.stringify({ run_id: newRunId(), stream_sequence });
  await vi.waitFor(
    async () => {
      const message = await fixture.nats.request(SETTLED_SUBJECT, question, { timeout: 40_000 });
      expect(settledReply.parse(message.json())).toMatchObject({ ok: true });
    },
    { timeout: 60_000, interval: 200 },
  );
}

async function told(): Promise<Finding[]> {
  return (await readAll(fixture.nats, 'FINDINGS', 'bw.finding.*.*')).map((message) => finding.parse(message.json()));
}

/** Twelve series, each with a step in the middle. */
const SERIES = 12;
function outcomeAt(i: number): Outcome {
  const level = i < SERIES * 20 ? 100 : 140;
  return outcomeWith(level + ((i * 7) % 5), { benchmark: `bench-${i % SERIES}` });
}

it('share the series, take over what a dead one held, and say everything once', async () => {
  start();
  start();
  await vi.waitFor(async () => expect(new Set(await holders()).size).toBe(2), { timeout: 30_000, interval: 100 });

  let last = 0;
  for (let i = 0; i < SERIES * 21; i++) last = await publish(outcomeAt(i));
  await settled(last);
  await replicas[0]?.stop('SIGKILL');
  for (let i = SERIES * 21; i < SERIES * 30; i++) last = await publish(outcomeAt(i));
  await settled(last);

  await vi.waitFor(async () => expect(await holders()).toHaveLength(SLOTS), { timeout: 20_000, interval: 100 });
  expect(new Set(await holders()).size).toBe(1);
  const all = await told();
  expect(new Set(all.map(({ series_id }) => series_id)).size).toBe(SERIES);
  expect(new Set(all.map(({ finding_id }) => finding_id)).size).toBe(SERIES);
  const revisions = all.map(({ finding_id, revision }) => `${finding_id} ${revision}`);
  expect(new Set(revisions).size).toBe(revisions.length);

  // What a person decides reaches the slot that knows the finding.
  const act = async (finding_id: string): Promise<ActReply> => {
    const question = JSON.stringify({ finding_id, action: 'dismiss', reason: 'noise', by: 'tester' });
    return actReply.parse((await fixture.nats.request(ACT_SUBJECT, question, { timeout: 10_000 })).json());
  };
  for (const { finding_id } of all.filter(({ revision }) => revision === 0)) {
    expect(await act(finding_id)).toMatchObject({ ok: true, state: 'dismissed' });
  }
  expect(await act(all[0]?.finding_id ?? '')).toMatchObject({ ok: false, issues: [{ code: 'no_change' }] });
  expect(await act('0123456789abcdef0123.none.x.1')).toMatchObject({
    ok: false,
    issues: [{ code: 'unknown_finding' }],
  });
}, 120_000);

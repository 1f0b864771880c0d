import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { type BenchEvent, benchEvent } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { runSubject } from '@benchwire/shared/contracts/run.ts';
import { type ServiceHealth, serviceHealth } from '@benchwire/shared/contracts/service.ts';
import { Health } from '@benchwire/shared/runtime/health.ts';
import { startHttp } from '@benchwire/shared/runtime/http.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { pingServices } from '@benchwire/shared/runtime/ping-services.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'bw-health-'));
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
const events: BenchEvent[] = [];

beforeAll(async () => {
  fixture = await StackFixture.start({ dataDir, services: { scheduler: 2, anomaly: 0, gateway: 0 } });
  ({ stack, nats } = fixture);
  nats.subscribe('bw.event.service.*', {
    callback: (_error, message) => void events.push(benchEvent.parse(message.json())),
  });
});

afterAll(async () => {
  await fixture?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const waitFor = <T>(condition: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(condition, { timeout: 40_000, interval: 50 });

/** What is wrong with each service that is not ready, as they say themselves. */
async function wrong(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const each of await pingServices(nats, 300)) {
    const checks = Object.keys(each.checks).filter((name) => each.checks[name] !== null);
    expect(each.ready).toBe(checks.length === 0);
    if (checks.length > 0) found[each.service] = checks;
  }
  return found;
}

describe('the health of services', () => {
  it('is what each answers to a ping: one leader, one standby, and figures of its process', async () => {
    const found = await waitFor(async () => {
      const answers = await pingServices(nats, 300);
      expect(answers.map((each) => each.service).sort()).toEqual([
        'aggregator',
        'ingest',
        'scheduler',
        'scheduler',
        'worker',
      ]);
      expect(answers.flatMap((each) => (each.service === 'scheduler' ? [each.role] : [])).sort()).toEqual([
        'leader',
        'standby',
      ]);
      return answers;
    });
    for (const each of found) {
      expect(stack.services.some((service) => service.pid === each.pid)).toBe(true);
      expect(each.memory_rss_mb).toBeGreaterThan(20);
      expect(each.checks).toMatchObject({ start: null, nats: null });
    }
    const aggregator = found.find((each) => each.service === 'aggregator') as ServiceHealth;
    expect(aggregator.checks).toMatchObject({ clickhouse: null, disk: null });
    expect(aggregator.disk_free_mb).toBeGreaterThan(0);
    expect(aggregator.consumers.map((each) => each.stream)).toContain('OUTCOMES');
  });

  it('tells who cannot work without Redis, in answers and in events, until Redis is back', async () => {
    await stack.redis?.kill('SIGKILL', { stay_down: true });
    await waitFor(async () => expect(await wrong()).toEqual({ scheduler: ['redis'], worker: ['redis'] }));
    const said = (service: string, ready: boolean): boolean =>
      events.some((event) => {
        const health = serviceHealth.safeParse(event.data);
        return event.kind === 'health' && health.data?.service === service && health.data.ready === ready;
      });
    await waitFor(() => expect(said('scheduler', false) && said('worker', false)).toBe(true));
    stack.redis?.start();
    await stack.redis?.waitReady();
    events.length = 0;
    await waitFor(async () => expect(await wrong()).toEqual({}));
    await waitFor(() => expect(said('scheduler', true) && said('worker', true)).toBe(true));
  });

  it('tells that ingest can accept no run while RUNS is full', async () => {
    const manager = await jetstreamManager(nats);
    for (const run_id of [newRunId(), newRunId()]) await jetstream(nats).publish(runSubject(run_id), longRun(run_id));
    await manager.streams.update('RUNS', { max_msgs: 2 });
    await waitFor(async () => expect(await wrong()).toEqual({ ingest: ['runs'] }));
    await manager.streams.update('RUNS', { max_msgs: -1 });
    await waitFor(async () => expect(await wrong()).toEqual({}));
  });

  it('is kept with the events, and shown by bw cluster', async () => {
    const statement = "SELECT count() AS n FROM events WHERE entity = 'service' AND kind = 'health'";
    await waitFor(async () => {
      const answer = await nats.request(querySubject('sql'), JSON.stringify({ sql: statement }), { timeout: 5000 });
      const reply = queryReply.parse(answer.json());
      expect(reply.ok && Number(reply.rows[0]?.n)).toBeGreaterThan(4);
    });
    const text = await bw(['cluster'], { env: stack.env });
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/ingest ×1 ──▶ RUNS \d+ ──▶ scheduler ×2 ──▶ .* ──▶ worker ×1/);
    expect(text.stdout).toMatch(/has led for .*2 open runs/);
    expect(text.stdout).toMatch(/OUTCOMES .*aggregator/);
    const json = JSON.parse((await bw(['cluster', '--json'], { env: stack.env })).stdout) as {
      leader: { instance: string };
      services: ServiceHealth[];
    };
    expect(json.services.find((each) => each.instance_id === json.leader.instance)?.role).toBe('leader');
  });

  it('is not ready for a disk without room, for something that does not answer, and while it stops', async () => {
    const log = createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
    const http = await startHttp({ HTTP_HOST: '127.0.0.1', HTTP_PORT: 0 }, 'probe');
    const parts = { service: 'probe', http, nats, jetstream: jetstream(nats), log, interval_ms: 60_000 };
    const health = new Health({ ...parts, manager: await jetstreamManager(nats) });
    health.start();
    await health.watchDisk(dataDir, 1e9);
    await health.watch('database', () => new Promise(() => undefined));
    const { ready, checks } = await health.read();
    expect(ready).toBe(false);
    expect(checks.disk).toMatch(/MB left for .*, and it needs 1000000000 MB/);
    expect(checks.database).toMatch(/no answer within/);
    const response = await fetch(`http://127.0.0.1:${http.port}/readyz`);
    expect(response.status).toBe(503);
    await health.stop();
    await waitFor(() => expect(events.some((event) => event.message === 'probe has stopped')).toBe(true));
    await http.stop();
  });
});

/** A run that stays open: no pool has such a device. */
function longRun(run_id: string): string {
  const tasks = [{ task_id: 'a', executor: 'noop', requirements: { hardware: ['tpu'] } }];
  return JSON.stringify({
    v: 1,
    run_id,
    at: new Date().toISOString(),
    kind: 'submitted',
    request: { tasks },
  });
}

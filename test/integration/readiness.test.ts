import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { Health } from '@benchwire/shared/runtime/health.ts';
import { startHttp } from '@benchwire/shared/runtime/http.ts';
import { connectNats } from '@benchwire/shared/runtime/nats.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import { ensureStreams } from '@benchwire/shared/runtime/streams.ts';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { bw } from '../support/bw.ts';
import { natsFixture } from '../support/nats-fixture.ts';
import { SchedulerFixture } from '../support/scheduler-fixture.ts';
import { proxyOf, type TcpProxy, through } from '../support/tcp-proxy.ts';

let bench: SchedulerFixture | undefined;
let proxy: TcpProxy | undefined;

afterEach(async () => {
  proxy?.heal();
  await bench?.stop();
  await proxy?.close();
  bench = undefined;
  proxy = undefined;
});

const waitFor = <T>(condition: () => T | Promise<T>, timeout = 40_000): Promise<T> =>
  vi.waitFor(condition, { timeout, interval: 100 });

/** `/readyz` of a service: its status, and what is missing by its own words. */
async function readyz(http_url: string): Promise<{ status: number; missing: Record<string, string> }> {
  const response = await fetch(`${http_url}/readyz`);
  const body = (await response.json()) as { missing: Record<string, string> };
  return { status: response.status, missing: body.missing };
}

async function completes(of: SchedulerFixture): Promise<void> {
  const run_id = await of.submit({ tasks: [{ task_id: 'a', executor: 'noop' }] });
  expect(await of.finished(run_id, 40_000)).toMatchObject([{ status: 'completed' }]);
}

describe('a scheduler', () => {
  it('that leads and gets no answer from Redis says so within seconds, and gives its lease to one that does', async () => {
    bench = await SchedulerFixture.start({ scheduler: 0 });
    const redis_url = bench.stack.env.REDIS_URL ?? '';
    proxy = await proxyOf(redis_url);
    await bench.stack.addService('scheduler', { REDIS_URL: through(redis_url, proxy) });
    const old = await bench.leader();
    await bench.stack.addService('scheduler');
    await bench.worker();
    await completes(bench);
    const cut_at = performance.now();
    proxy.cut();
    const instance = async (): Promise<Record<string, string | null>> => {
      const found = (await bench?.instances())?.find((each) => each.instance_id === old.instance_id);
      return found?.ready === false ? found.checks : {};
    };
    await waitFor(async () => expect((await instance()).redis).toMatch(/Redis/));
    expect(performance.now() - cut_at).toBeLessThan(8000);
    await waitFor(async () => expect((await bench?.leader())?.instance_id).not.toBe(old.instance_id));
    expect(performance.now() - cut_at).toBeLessThan(25_000);
    await completes(bench);
    proxy.heal();
    await waitFor(async () => {
      const found = (await bench?.instances())?.find((each) => each.instance_id === old.instance_id);
      expect(found).toMatchObject({ role: 'standby', ready: true });
    });
  });

  it('that cannot begin to lead says why in /readyz, its gauge and bw cluster, and leads once it can', async () => {
    bench = await SchedulerFixture.start({ scheduler: 0 });
    const { stack } = bench;
    const redis_url = stack.env.REDIS_URL ?? '';
    proxy = await proxyOf(redis_url);
    await stack.addService('scheduler', { REDIS_URL: through(redis_url, proxy) });
    const service = stack.service('scheduler');
    await bench.worker();
    await completes(bench);
    // Redis takes the connection, and answers nothing.
    proxy.cut();
    const { pid } = await bench.leader();
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => {
      const { status, missing } = await readyz(service.http_url);
      expect(status).toBe(503);
      expect(missing.leading).toMatch(/shutting out earlier leaders/);
    });
    expect((await fetch(`${service.http_url}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${service.http_url}/metrics`)).text();
    expect(metrics).toMatch(/benchwire_scheduler_leader\{[^}]*\} 0/);
    const env = Object.fromEntries(Object.entries(stack.env).filter(([, value]) => value !== undefined));
    await waitFor(async () => {
      const { stdout } = await bw(['cluster'], { env });
      expect(stdout).toMatch(/does not lead: holds the lease for \d+ s|no leader/);
      expect(stdout).toMatch(/scheduler (leader|standby): leading: .*shutting out earlier leaders/);
      expect(stdout).toMatch(/scheduler (leader|standby): redis: /);
      expect(stdout).toMatch(/no aggregator answers: no result is stored/);
    });
    proxy.heal();
    await waitFor(async () => expect((await readyz(service.http_url)).status).toBe(200));
    await completes(bench);
  });
});

describe('a service', () => {
  it('is not ready while its consumer acknowledges nothing of what waits, and while it answers nobody', async () => {
    const fixture = await natsFixture();
    const nats = await connectNats('probe', loadConfig(z.object(natsVariables), fixture.servers.env));
    const http = await startHttp({ HTTP_HOST: '127.0.0.1', HTTP_PORT: 0 }, 'probe');
    const manager = await jetstreamManager(nats);
    const client = jetstream(nats);
    const health = new Health({
      ...{ service: 'probe', http, nats, jetstream: client, manager, log: fixture.log, interval_ms: 60_000 },
    });
    try {
      http.addReadiness('start', () => undefined);
      const stream = { name: 'PROBE', subjects: 'probe.*', kept: { max_age_ms: 3_600_000 } } as const;
      await ensureStreams(manager, [stream], 1);
      const durable_name = 'reader';
      await manager.consumers.add(stream.name, { durable_name, ack_policy: AckPolicy.Explicit });
      health.start();
      const leave = await health.watchConsumer(stream.name, durable_name);
      const url = `http://127.0.0.1:${http.port}`;
      // Nothing waits: it is ready, for however long nothing is acknowledged.
      expect((await readyz(url)).status).toBe(200);
      for (const n of [1, 2, 3]) await publish(client, 'probe.a', String(n));
      await manager.streams.deleteMessage(stream.name, 2);
      const stalled = await waitFor(async () => {
        const found = await readyz(url);
        expect(found.status).toBe(503);
        return found.missing;
      });
      expect(stalled[`${stream.name} to ${durable_name}`]).toMatch(
        /nothing acknowledged for \d+ s though messages wait/,
      );
      const alive = await fetch(`${url}/healthz`);
      expect(alive.status).toBe(200);
      const consumer = await client.consumers.get(stream.name, durable_name);
      for await (const message of await consumer.fetch({ max_messages: 2, expires: 2000 })) message.ack();
      await waitFor(async () => expect((await readyz(url)).status).toBe(200));
      leave();

      const gate = Promise.withResolvers<void>();
      const answering = respond<unknown, object>(nats, client, fixture.log, {
        ...{ subject: 'probe.question.all', schema: z.unknown(), refuse: () => ({}), max_concurrent: 2 },
        handle: async () => {
          await gate.promise;
          return {};
        },
      });
      http.addReadiness('questions', answering.stuck);
      const asked = [1, 2, 3].map(() => nats.request('probe.question.all', '{}', { timeout: 60_000 }));
      await waitFor(async () =>
        expect((await readyz(url)).missing.questions).toMatch(/2 questions .* none is answered/),
      );
      gate.resolve();
      await Promise.all(asked);
      expect((await readyz(url)).status).toBe(200);
      await answering.stop();
    } finally {
      await health.stop();
      await http.stop();
      await nats.close();
      await fixture.stop();
    }
  });
});

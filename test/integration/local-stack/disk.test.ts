import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '@benchwire/deploy/local/servers.ts';
import { startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { connectClient } from '@benchwire/shared/client/client.ts';
import { METRICS, OUTCOMES, REJECTED, RUNS, STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { closeNats, connectNats } from '@benchwire/shared/runtime/nats.ts';
import { pingServices } from '@benchwire/shared/runtime/ping-services.ts';
import { ensureStreams } from '@benchwire/shared/runtime/streams.ts';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { noExternalServers } from './support.ts';

/** A disk of a size that the test says: a file system in memory, which only root may mount. */
function disk(size: string): { path: string; resize: (size: string) => void } {
  const path = mkdtempSync(join(tmpdir(), 'benchwire-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true, force: true });
  });
  return { path, resize: (next) => execFileSync('mount', ['-o', `remount,size=${next}`, path]) };
}

function canMount(): boolean {
  try {
    const path = mkdtempSync(join(tmpdir(), 'benchwire-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    execFileSync('umount', [path]);
    rmSync(path, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

const mounts = canMount();
if (!mounts) console.log('this user may not mount a tmpfs: disks that are small or shrink are not tested');

async function withServers(
  dataDir: string,
  work: (manager: JetStreamManager, client: JetStreamClient) => Promise<void>,
) {
  const said: string[] = [];
  const servers = await startServers({ dataDir, env: noExternalServers, say: (text) => said.push(text) });
  try {
    const { NATS_URL = '', NATS_USER, NATS_PASSWORD } = servers.env;
    const nats = await connectNats('test', { NATS_URL: [NATS_URL], NATS_USER, NATS_PASSWORD }, false);
    // As each service does at its start.
    const manager = await jetstreamManager(nats);
    const store_bytes = Number(servers.env.NATS_STORE_MB) * 1e6;
    await Promise.all([1, 2, 3].map(() => ensureStreams(manager, STREAMS, { replicas: 1, store_bytes })));
    await work(manager, jetstream(nats));
    await closeNats(nats);
  } finally {
    await servers.stop();
  }
  return said;
}

const GIB = 1024 ** 3;
const capOf = async (manager: JetStreamManager, name: string): Promise<number> =>
  (await manager.streams.info(name)).config.max_bytes;

test.skipIf(!mounts)(
  'a disk that fills during a run stops it until there is room, and then each task is there once',
  {
    timeout: 240_000,
  },
  async () => {
    const { path, resize } = disk('16g');
    const said: string[] = [];
    const stack = await startLocalStack({
      dataDir: join(path, 'd'),
      services: ['aggregator', 'scheduler', 'worker', 'ingest'],
      env: { ...noExternalServers, LOG_LEVEL: 'warn' },
      onLog: ({ service, line }) => service === 'stack' && said.push(line),
    });
    onTestFinished(() => stack.stop());
    const { NATS_URL = '', NATS_USER, NATS_PASSWORD } = stack.env;
    const client = await connectClient({ NATS_URL: [NATS_URL], NATS_USER, NATS_PASSWORD });
    onTestFinished(() => client.close());
    const TASKS = 400;
    const config = { sleep_ms: 20, metric_points: 2000 };
    const { run_id } = await client.submit({
      name: 'fill',
      tasks: [{ task_id: 't', executor: 'noop', repetitions: TASKS, config }],
    });
    const sql = async (statement: string) => (await client.query('sql', { sql: statement })).rows[0];
    const patiently = <T>(condition: () => Promise<T> | T): Promise<T> =>
      vi.waitFor(condition, { timeout: 100_000, interval: 250 });
    await patiently(async () =>
      expect(Number((await sql('SELECT count() AS n FROM attempts'))?.n)).toBeGreaterThan(20),
    );

    const pids = [stack.nats, stack.redis, ...stack.services].map((each) => each?.pid);
    const used_kb = Number(execFileSync('df', ['-k', '--output=used', path], { encoding: 'utf8' }).split('\n')[1]);
    resize(`${used_kb + 300}k`);
    await patiently(() => expect(said.join('\n')).toMatch(/disk full: \d+ MB are free for .*, and 64 MB are needed/));
    await patiently(async () => {
      const aggregator = (await pingServices(client.nats, 700)).find(({ service }) => service === 'aggregator');
      expect(aggregator?.checks.disk).toMatch(/disk full: \d+ MB left for/);
    });
    // Nobody has ended.
    expect([stack.nats, stack.redis, ...stack.services].map((each) => each?.pid)).toEqual(pids);

    resize('16g');
    await patiently(() => expect(said.join('\n')).toMatch(/there is room on the disk again/));
    await patiently(async () =>
      expect(await sql(`SELECT state FROM runs FINAL WHERE run_id = '${run_id}'`)).toEqual({ state: 'finished' }),
    );
    await patiently(async () => {
      const counts = `count() AS rows, uniqExact(task_id) AS tasks, countIf(status = 'completed') AS completed`;
      const found = await sql(`SELECT ${counts} FROM attempts FINAL WHERE run_id = '${run_id}'`);
      expect(found).toMatchObject({ rows: TASKS, tasks: TASKS, completed: TASKS });
      expect(await sql(`SELECT count() AS n FROM samples WHERE run_id = '${run_id}'`)).toMatchObject({
        n: TASKS * 2000,
      });
    });
  },
);

describe.skipIf(!mounts)('the streams of the local stack', () => {
  test('follow a disk that has less room than yesterday, and keep what they hold', { timeout: 60_000 }, async () => {
    const { path, resize } = disk('16g');
    const dataDir = join(path, 'd');
    const said = await withServers(dataDir, async (manager, client) => {
      expect([await capOf(manager, METRICS.name), await capOf(manager, REJECTED.name)]).toEqual([4 * GIB, GIB]);
      for (let n = 0; n < 100; n++) await client.publish(`bw.metrics.r.${n}`, new Uint8Array(200_000));
      await client.publish('bw.run.r', 'a run');
      await client.publish('bw.outcome.r.t', 'an outcome');
    });
    expect(said).toEqual([]);
    for (const size of ['10g', '1g', '300m', '100m', '10g', '16g']) {
      resize(size);
      await withServers(dataDir, async (manager, client) => {
        for (const [name, messages] of [
          [METRICS.name, 100],
          [RUNS.name, 1],
          [OUTCOMES.name, 1],
        ] as const)
          expect((await manager.streams.info(name)).state.messages, `${name} at ${size}`).toBe(messages);
        const { config, state } = await manager.streams.info(METRICS.name);
        expect(config.max_bytes).toBeGreaterThanOrEqual(state.bytes);
        // And takes more.
        await client.publish('bw.event.run.r', size);
      });
    }
    await withServers(dataDir, async (manager) => expect(await capOf(manager, METRICS.name)).toBe(4 * GIB));
  });

  test.each([['12g'], ['1g'], ['300m']])(
    'fit on a disk of %s from the first start, which says what is less',
    async (size) => {
      const { path } = disk(size);
      const said = await withServers(join(path, 'd'), async (manager, client) => {
        const caps = (await capOf(manager, METRICS.name)) + (await capOf(manager, REJECTED.name));
        expect(caps).toBeLessThan(6 * GIB);
        await client.publish('bw.run.r', new Uint8Array(5_000_000));
      });
      if (size === '12g') return;
      expect(said.join()).toMatch(
        /[\d,]+ MB are free for .*: streams with a cap keep less than usual \(METRICS \d+ MB, REJECTED \d+ MB\)/,
      );
    },
  );
});

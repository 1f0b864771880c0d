import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type BenchStack, startBenchStack, until } from '../bench/bench-stack.ts';
import { CURRENT_SERVERS } from '../containers/images.ts';

/**
 * The services against the servers that a fleet runs: current NATS and Redis and a real ClickHouse server, in
 * containers. Everywhere else the tests use the machine's own servers and the embedded engine.
 */
const docker = inject('docker');
// testcontainers looks there. In an engine of the tests' own it needs no container that cleans up.
if (docker.missing === undefined)
  Object.assign(process.env, docker.env, docker.own ? { TESTCONTAINERS_RYUK_DISABLED: 'true' } : {});

describe.skipIf(docker.missing !== undefined)('the stack on servers in containers', () => {
  const containers: StartedTestContainer[] = [];
  let bench: BenchStack | undefined;

  const start = async (container: GenericContainer, port: number): Promise<string> => {
    const started = await container.withExposedPorts(port).start();
    containers.push(started);
    return `${started.getHost()}:${started.getMappedPort(port)}`;
  };

  beforeAll(async () => {
    const [nats, redis, clickhouse] = await Promise.all([
      start(
        new GenericContainer(CURRENT_SERVERS.nats)
          .withCommand(['-js'])
          .withWaitStrategy(Wait.forLogMessage('Server is ready')),
        4222,
      ),
      start(
        new GenericContainer(CURRENT_SERVERS.redis).withWaitStrategy(Wait.forLogMessage('Ready to accept connections')),
        6379,
      ),
      start(
        new GenericContainer(CURRENT_SERVERS.clickhouse)
          .withEnvironment({ CLICKHOUSE_USER: 'bench', CLICKHOUSE_PASSWORD: 'wire' })
          .withWaitStrategy(Wait.forHttp('/ping', 8123)),
        8123,
      ),
    ]);
    bench = await startBenchStack({
      env: {
        NATS_URL: `nats://${nats}`,
        REDIS_URL: `redis://${redis}`,
        CLICKHOUSE_URL: `http://${clickhouse}`,
        CLICKHOUSE_USER: 'bench',
        CLICKHOUSE_PASSWORD: 'wire',
        WORKER_SLOTS: '8',
      },
    });
  }, 300_000);

  afterAll(async () => {
    await bench?.stop();
    await Promise.all(containers.map((container) => container.stop()));
  });

  it('runs 500 tasks, each exactly once in ClickHouse', async () => {
    if (bench === undefined) throw new Error('no stack');
    const { submit, query } = bench;
    const run_id = await submit({
      tasks: [{ task_id: 't', executor: 'noop', repetitions: 500, config: { value: 1 } }],
    });
    await until(
      'the run to finish',
      async () => (await query('run', { run_id }))[0]?.state === 'finished',
      200,
      60_000,
    );
    const sql = `SELECT count() AS n, uniqExact(task_id) AS tasks FROM tasks WHERE run_id = '${run_id}' AND state = 'completed'`;
    expect(await query('sql', { sql })).toEqual([{ n: 500, tasks: 500 }]);
    expect((await query('results', { run_id })).length).toBe(500);
  });
});

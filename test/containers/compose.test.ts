import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { Checkout } from './checkout.ts';
import { type Api, leaderAmong, type Progress, progressOf } from './fleet.ts';

/** deploy/compose.yaml and the images on a real engine, used as docs/deployment.md says. The tests follow each other. */
const docker = inject('docker');
const say = (text: string): void => console.log(`containers: ${text}`);

const TASKS = 500;

describe.skipIf(docker.missing !== undefined)('compose.yaml on a Docker engine', () => {
  let checkout: Checkout;
  /** Of an admin, for the HTTP API. */
  let key = '';
  /** Where the ports are published. */
  let address = '';
  const api = (): Api => ({ url: `http://${address}:8080`, key });
  /** A request as a file of the checkout. @returns its name */
  const request = (name: string, tasks: readonly object[]): string => {
    writeFileSync(join(checkout.folder, `${name}.json`), JSON.stringify({ name, tasks }));
    return `${name}.json`;
  };
  /** bw from the clone. */
  const bw = (line: string): Promise<string> =>
    checkout.shell(`set -a; . deploy/.env; set +a; npm run --silent bw -- ${line}`);
  const rows = async (sql: string): Promise<unknown> => JSON.parse(await bw(`sql --json "${sql}"`));
  const seconds = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    const begin = performance.now();
    await action();
    say(`${what}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  };

  beforeAll(async () => {
    if (docker.missing !== undefined) return;
    checkout = new Checkout({ env: docker.env, engine_version: docker.version, own: docker.own, say });
    await checkout.shell('sh deploy/compose-env.sh');
    address = await checkout.publishWhereFree(say);
    await seconds('building the images', () => checkout.compose('build'));
  });
  afterAll(async () => {
    await checkout?.down('--volumes', '--timeout', '5');
    checkout?.remove();
  });

  it('comes up on empty volumes, every container healthy', async () => {
    await seconds('up on empty volumes', () => checkout.compose('up', '--build', '--detach', '--wait'));
  });

  it('runs the quickstart with bw from the clone', async () => {
    await seconds('quickstart from the clone', async () => {
      expect(await bw('run examples/quickstart.yaml')).toContain('all 5 tasks completed');
    });
  });

  it('runs the quickstart with bw in a container', async () => {
    await seconds('quickstart with bw in a container', async () => {
      const output = await checkout.compose('run', '--rm', 'bw', 'run', 'examples/quickstart.yaml');
      expect(output).toContain('all 5 tasks completed');
    });
  });

  it('serves the page, and the HTTP API to anyone who has a key', async () => {
    expect((await fetch(api().url)).status).toBe(200);
    expect((await fetch(`${api().url}/api/runs`)).status).toBe(401);
    const created = await checkout.compose('run', '--rm', 'bw', 'key', 'create', 'me', '--role', 'admin', '--json');
    ({ key } = z.object({ key: z.string() }).parse(JSON.parse(created)));
    expect((await fetch(`${api().url}/api/runs`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  });

  it('checks health without a Node, and rotates what containers print', async () => {
    for (const id of (await checkout.compose('ps', '--quiet')).split('\n')) {
      const { Name, Config, HostConfig } = inspected.parse(JSON.parse(await checkout.docker('inspect', id)));
      expect(Config.Healthcheck.Test.join(' '), Name).not.toMatch(/\bnode\b/);
      expect(HostConfig.LogConfig, Name).toEqual({ Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } });
    }
  });

  it("takes a worker's image and programs from a second file, as the docs have it", async () => {
    const docs = readFileSync(join(checkout.folder, 'docs/deployment.md'), 'utf8');
    const [, text = ''] = /```yaml\n(services:\n {2}worker:\n[\s\S]*?)```/.exec(docs) ?? [];
    writeFileSync(join(checkout.folder, 'docs-example.yaml'), text);
    const config = await checkout.compose('--file', 'docs-example.yaml', 'config', '--format', 'json');
    const { worker } = composed.parse(JSON.parse(config)).services;
    expect(worker).toMatchObject({ image: 'my-worker', environment: { WORKER_COMMANDS: 'python3' } });
    expect(worker.build).toBeUndefined();
  });

  it("lets a task build a program and start it, once a file of one's own allows sh", async () => {
    checkout.addFile('my-fleet.yaml', 'services: { worker: { environment: { WORKER_COMMANDS: sh } } }\n');
    await checkout.compose('up', '--detach', '--wait', '--scale', 'worker=4', '--scale', 'scheduler=2');
    const program = `printf '#!/bin/sh\\necho "{\\\\"metric\\\\": \\\\"speed\\\\", \\\\"value\\\\": 7}"\\n' > a; chmod +x a; ./a`;
    const file = request('program', [
      { task_id: 'a', executor: 'command', config: { model: 'a', command: ['sh', '-c', program] } },
    ]);
    expect(await bw(`run ${file}`)).toContain('completed');
    const [worker = ''] = await checkout.containers('worker');
    const written = checkout.docker('exec', worker, 'sh', '-c', 'head -c 2000000000 /dev/zero > /tmp/too-much');
    await expect(written).rejects.toThrow('No space left on device');
    await checkout.docker('exec', worker, 'rm', '/tmp/too-much');
  });

  it(`completes ${TASKS} tasks exactly once while leader, NATS, Redis and aggregator are killed`, async () => {
    const tasks = [{ task_id: 't', executor: 'noop', repetitions: TASKS, config: { value: 1, sleep_ms: 400 } }];
    const victims = [await leaderAmong(checkout)];
    for (const server of ['nats', 'redis', 'aggregator']) victims.push(...(await checkout.containers(server)));
    const run = bw(`run ${request('kills', tasks)}`);
    const progress = (): Promise<Progress> => progressOf('kills', api());
    /** Waits until so many tasks are done, whatever is being restarted. */
    const until = (completed: number): Promise<Progress> =>
      vi.waitFor(async () => {
        const now = await progress();
        expect(now.completed).toBeGreaterThan(completed);
        return now;
      }, PATIENT);
    await seconds(`${TASKS} tasks of 400 ms on 4 workers, with 4 kills`, async () => {
      let { completed } = await until(20);
      for (const [n, id] of victims.entries()) {
        expect(completed, 'done before the next one was killed').toBeLessThan(TASKS - 20);
        await checkout.docker('kill', id);
        say(`killed ${['the leader', 'NATS', 'Redis', 'the aggregator'][n]} when ${completed} of ${TASKS} were done`);
        await checkout.docker('start', id);
        ({ completed } = await until(completed + 80));
      }
      expect(await run).toContain(`all ${TASKS} tasks completed`);
    });
    const where = `WHERE run_id = '${(await progress()).run_id}'`;
    const counted = `SELECT count() AS n, uniqExact(task_id) AS ids`;
    // The aggregator, back from its own death, may still be reading what bw has seen already.
    await vi.waitFor(async () => {
      const states = await rows(`${counted}, countIf(state = 'completed') AS completed FROM tasks ${where}`);
      expect(states).toEqual([{ n: TASKS, ids: TASKS, completed: TASKS }]);
    }, PATIENT);
    expect(await rows(`${counted} FROM results ${where}`)).toEqual([{ n: TASKS, ids: TASKS }]);
  });

  it('keeps everything through down and up', async () => {
    const count = 'SELECT count() AS tasks, uniqExact(run_id) AS runs FROM tasks';
    const before = await rows(count);
    await checkout.down();
    await seconds('up on the same volumes', () => checkout.compose('up', '--build', '--detach', '--wait'));
    expect(await rows(count)).toEqual(before);
    expect(await bw(`run ${request('after', [{ task_id: 'a', executor: 'noop', config: { value: 1 } }])}`)).toContain(
      'completed',
    );
  });

  it('runs the bw of today after an update', async () => {
    checkout.edit('cli/src/commands/runs.ts', (text) =>
      text.replace(/summary: '[^']+'/, "summary: 'the runs of today'"),
    );
    await checkout.compose('up', '--build', '--detach', '--wait');
    expect(await checkout.compose('run', '--rm', 'bw', 'help')).toContain('the runs of today');
  });

  it('leaves nothing behind with down --volumes', async () => {
    await checkout.down('--volumes');
    const label = ['--filter', 'label=com.docker.compose.project=benchwire-test'];
    expect(await checkout.docker('ps', '--all', '--quiet', ...label)).toBe('');
    expect(await checkout.docker('volume', 'ls', '--quiet', ...label)).toBe('');
    expect(await checkout.docker('network', 'ls', '--quiet', ...label)).toBe('');
  });
});

const PATIENT = { timeout: 120_000, interval: 500 };

const composed = z.object({
  services: z.object({
    worker: z.object({
      image: z.string(),
      environment: z.record(z.string(), z.string().nullable()),
      build: z.unknown().optional(),
    }),
  }),
});

const inspected = z
  .tuple([
    z.object({
      Name: z.string(),
      Config: z.object({ Healthcheck: z.object({ Test: z.array(z.string()) }) }),
      HostConfig: z.object({ LogConfig: z.object({ Type: z.string(), Config: z.record(z.string(), z.string()) }) }),
    }),
  ])
  .transform(([container]) => container);

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KAFKA_DURABLE } from '@benchwire/aggregator/src/sinks/kafka/publish-stream.ts';
import { findServer, natsServer } from '@benchwire/deploy/local/find-server.ts';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { OUTCOMES, STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import { ensureStreams } from '@benchwire/shared/runtime/streams.ts';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { PermissionViolationError } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBw, startProgram } from '../support/bw.ts';
import { FakeStack } from '../support/fake-stack.ts';
import { type Publisher, publisher } from '../support/publisher.ts';

/** The permissions of docs/streams.md, on a NATS server that has them word for word. */
const snippet = /```conf\n(authorization[\s\S]*?)```/.exec(
  readFileSync(join(repositoryRoot, 'docs/streams.md'), 'utf8'),
)?.[1];
if (snippet === undefined) throw new Error('docs/streams.md has no permissions any more');

/** The services' own consumers of these streams; test/e2e/examples.test.ts holds the list against a running stack. */
const DURABLES = ['aggregator', KAFKA_DURABLE, 'anomaly'];

const server = await findServer(natsServer, runCommand);
if (!server.ok || server.program.from !== 'binary') console.log('no nats-server here: permissions are not tested');

describe.skipIf(!server.ok || server.program.from !== 'binary')('a user who may only look', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-viewer-'));
  const logins: Record<string, Record<string, string>> = {};
  let nats_server: ChildProcess;
  let full: Client;
  let viewer: Client;
  let say: Publisher;
  let stack: FakeStack;

  const as = (user: string): Promise<Client> =>
    connectClient(findStack({ environment: logins[user] ?? {}, working_directory: folder }).options);

  beforeAll(async () => {
    if (!server.ok || server.program.from !== 'binary') return;
    const port = await freePort();
    // Two more, each without one of the viewer's permissions.
    const viewerOnly = snippet.slice(snippet.indexOf('{ user: viewer'), snippet.lastIndexOf('} }') + 3);
    const without = (user: string, subject: string): string =>
      viewerOnly.replace('user: viewer', `user: ${user}`).replace(`"${subject}"`, '"nothing"');
    const users = [
      without('no-metrics', '$JS.API.CONSUMER.CREATE.METRICS.>'),
      without('no-pull', '$JS.API.CONSUMER.MSG.NEXT.OUTCOMES.*'),
    ];
    const authorization = snippet.replace(viewerOnly, [viewerOnly, ...users].join('\n'));
    const store = JSON.stringify(join(folder, 'js'));
    writeFileSync(
      join(folder, 'nats.conf'),
      `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${store} }\n${authorization}`,
    );
    for (const user of ['benchwire', 'viewer', 'no-metrics', 'no-pull']) {
      const NATS_PASSWORD = user === 'benchwire' ? 'all' : 'look';
      logins[user] = { NATS_URL: `nats://127.0.0.1:${port}`, NATS_USER: user, NATS_PASSWORD };
      if (user !== 'benchwire') logins[user].NATS_INBOX_PREFIX = '_INBOX_viewer';
    }
    nats_server = spawn(server.program.path, ['-c', join(folder, 'nats.conf')], {
      env: { NATS_PASSWORD: 'all', VIEWER_PASSWORD: 'look' },
      stdio: 'ignore',
    });
    full = await vi.waitFor(() => as('benchwire'), { timeout: 20_000, interval: 50 });
    const manager = await jetstreamManager(full.nats);
    await ensureStreams(manager, STREAMS, 1);
    for (const durable_name of DURABLES)
      await manager.consumers.add(OUTCOMES.name, { durable_name, ack_policy: AckPolicy.Explicit });
    say = publisher(jetstream(full.nats));
    viewer = await as('viewer');
    const log = createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
    stack = new FakeStack({ nats: full.nats, client: jetstream(full.nats), log });
    stack.start();
  });
  afterAll(async () => {
    await viewer?.close();
    await stack?.stop();
    await full?.close();
    if (nats_server !== undefined) {
      const over = once(nats_server, 'close');
      if (nats_server.kill()) await over;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('sees what happens and what happened, and asks for the history', async () => {
    const run_id = newRunId();
    const watching = await viewer.watch();
    await say.run(run_id);
    const told: string[] = [];
    for await (const { stream } of watching) if (told.push(stream) === 5) break;
    expect(told).toEqual(['events', 'metrics', 'outcomes', 'events', 'findings']);
    expect(await Array.fromAsync(await viewer.watch({ run_id }))).toHaveLength(5);
    const since = new Date(Date.now() - 3_600_000);
    expect(await Array.fromAsync(await viewer.watch({ from: since, until: 'caught_up' }))).toHaveLength(5);
    expect(await viewer.query('runs', {})).toMatchObject({ rows: [] });
    expect(await viewer.settled(run_id, 1)).toEqual([]);
  });

  it('hears plain messages', async () => {
    const live = viewer.nats.subscribe('bw.outcome.>', { max: 1 });
    await viewer.nats.flush();
    const { task_id } = await say.outcome(newRunId(), 'plain');
    for await (const message of live) expect(message.json()).toMatchObject({ task_id });
  });

  it('submits, cancels, publishes and changes nothing, and is told so', async () => {
    const task = { task_id: 'a', executor: 'noop' } as const;
    await expect(viewer.submit(task)).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
    await expect(viewer.cancel(newRunId())).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
    expect(stack.submitted).toEqual([]);
    for (const subject of [
      'bw.outcome.r.t',
      'bw.worker.w.command',
      'bw.worker.join',
      '$JS.API.STREAM.PURGE.OUTCOMES',
      '$JS.API.STREAM.INFO.RUNS',
      '$JS.API.STREAM.MSG.GET.RUNS',
      '$JS.API.CONSUMER.CREATE.RUNS',
      '$KV.workers.w',
      ...DURABLES.flatMap((durable) => [
        `$JS.API.CONSUMER.MSG.NEXT.OUTCOMES.${durable}`,
        `$JS.API.CONSUMER.CREATE.OUTCOMES.${durable}`,
        `$JS.API.CONSUMER.CREATE.OUTCOMES.${durable}.bw.outcome.>`,
        `$JS.API.CONSUMER.DURABLE.CREATE.OUTCOMES.${durable}`,
        `$JS.API.CONSUMER.DELETE.OUTCOMES.${durable}`,
      ]),
    ]) {
      const error = await viewer.nats.request(subject, '{}', { timeout: 5000 }).catch((reason: Error) => reason.cause);
      expect(error, subject).toBeInstanceOf(PermissionViolationError);
    }
    for (const subject of ['_INBOX.>', 'bw.request.>', 'bw.heartbeat.*', '$KV.>', '>']) {
      const refused = Promise.withResolvers<unknown>();
      viewer.nats.subscribe(subject, { callback: (error) => refused.resolve(error) });
      expect(await refused.promise, subject).toBeInstanceOf(PermissionViolationError);
    }
  });

  it('is told what it lacks, rather than nothing', async () => {
    for (const [user, stream] of [
      ['no-metrics', 'metrics'],
      ['no-pull', 'outcomes'],
    ] as const) {
      const client = await as(user);
      const reading = Array.fromAsync(await client.watch({ streams: [stream], from: 'start', until: 'caught_up' }));
      await expect(reading).rejects.toMatchObject({
        code: 'NOT_ALLOWED',
        message: expect.stringMatching(/CONSUMER\./),
      });
      await client.close();
    }
  });

  it('uses bw, and the examples', async () => {
    const env = logins.viewer ?? {};
    const run_id = newRunId();
    await say.run(run_id);
    const watching = await startBw(['watch', run_id], { env, cwd: folder }).ended;
    expect(watching).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/✓ a[\s\S]*run finished/) });
    const input = '{"task_id": "a", "executor": "noop"}';
    const refused = await startBw(['run', '-'], { env, cwd: folder, input }).ended;
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringMatching(/not allow .* bw\.request\.submit/) });
    const replay = join(repositoryRoot, 'examples/replay-last-hour.ts');
    const replayed = await startProgram(process.execPath, [replay], { env, cwd: folder }).ended;
    expect(replayed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/bw\.finding\.regression/) });
  });
});

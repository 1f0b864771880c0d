import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServer, natsServer } from '@benchwire/deploy/local/find-server.ts';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { JOIN_SUBJECT, type JoinReply, joinRequest } from '@benchwire/shared/contracts/join.ts';
import { WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { closeNats, connectNats } from '@benchwire/shared/runtime/nats.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type BwResult, bw, startBw } from '../support/bw.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { problemsOf } from '../support/protocol-schemas.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';
import { waitFor } from '../support/worker-fixture.ts';

/** `bw worker` as a process, against real servers; who answers it is the scheduler, or a few lines that say what goes wrong. */
let fixture: NatsFixture;
let env: Record<string, string>;
let answering: Running | undefined;
beforeAll(async () => {
  fixture = await natsFixture();
  // Only NATS is known to who joins, and as the user who may do what workers have to and no more.
  const {
    NATS_URL = '',
    WORKER_NATS_USER: NATS_USER = '',
    WORKER_NATS_PASSWORD: NATS_PASSWORD = '',
  } = fixture.servers.env;
  env = { NATS_PASSWORD, WORKER_EXECUTORS: 'noop', URL: NATS_URL.replace('//', `//${NATS_USER}@`) };
});
afterAll(() => fixture?.stop());
afterEach(async () => {
  await answering?.stop();
  answering = undefined;
});

const worker = (...args: string[]): Promise<BwResult> =>
  bw(['worker', '--join', env.URL ?? '', '--id', 'joined', ...args], { env });

function answerWith(reply: JoinReply): void {
  answering = respond(fixture.nats, fixture.client, fixture.log, {
    subject: JOIN_SUBJECT,
    schema: joinRequest,
    refuse: (issues): JoinReply => ({ ok: false, issues }),
    handle: async () => reply,
    max_concurrent: 1,
  });
}

/** A NATS of its own, whose only user has these permissions. @returns its address, with the login */
async function natsWith(permissions: string): Promise<string> {
  const found = await findServer(natsServer, runCommand);
  if (!found.ok || found.program.from !== 'binary') throw new Error('there is no nats-server');
  const folder = mkdtempSync(join(tmpdir(), 'bw-guest-'));
  const port = await freePort();
  const user = `{ user: guest, password: guest, permissions: { ${permissions} } }`;
  writeFileSync(join(folder, 'nats.conf'), `host: 127.0.0.1\nport: ${port}\nauthorization { users: [${user}] }\n`);
  const server = spawn(found.program.path, ['-c', join(folder, 'nats.conf')], { stdio: 'ignore' });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `nats://guest:guest@127.0.0.1:${port}`;
  await waitFor(async () => closeNats(await connectNats('test', { NATS_URL: [url] }, false)));
  return url;
}

const way = (redis_url: string): JoinReply => ({ ok: true, redis_url, redis_prefix: 'benchwire', nats_replicas: 1 });

describe('bw worker that cannot join', () => {
  it('says that nobody answers', async () => {
    const { code, stderr } = await worker();
    expect(stderr).toMatch(/NATS answers, but the scheduler does not: nothing listens on bw\.worker\.join/);
    expect(code).toBe(3);
  });

  it('says that NATS is not there, or refuses the login', async () => {
    expect(await bw(['worker', '--join', 'nats://127.0.0.1:9'], { env: {} })).toMatchObject({ code: 3 });
    const { code, stderr } = await bw(['worker', '--join', env.URL ?? ''], { env: { NATS_PASSWORD: 'guess' } });
    expect(stderr).toMatch(
      /NATS server at nats:\/\/127\.0\.0\.1:\d+ answers, but refuses the login: user or password is wrong/,
    );
    expect(code).toBe(3);
  });

  it('says what to do about a Redis that it does not reach, without its password', async () => {
    answerWith(way('redis://worker:sesame@127.0.0.1:9'));
    const { code, stdout, stderr } = await worker();
    expect(stderr).toMatch(
      /no Redis at redis:\/\/127\.0\.0\.1:9 \(.*ECONNREFUSED.*\), which is where the stack says it is/,
    );
    expect(stderr).toMatch(/WORKER_REDIS_URL[\s\S]*--redis/);
    expect(stdout + stderr).not.toContain('sesame');
    expect(code).toBe(3);
  });

  it('says that Redis refuses the password', async () => {
    const url = new URL(fixture.servers.env.REDIS_URL ?? '');
    url.password = 'sesame';
    answerWith(way(url.href));
    const { code, stderr } = await worker();
    expect(stderr).toMatch(/WRONGPASS/);
    expect(stderr).not.toContain('sesame');
    expect(code).toBe(3);
  });

  it('says that its user may not ask', async () => {
    const guest = await natsWith('publish: { deny: ["bw.worker.join"] }');
    const { code, stderr } = await bw(['worker', '--join', guest], { env: {} });
    expect(stderr).toMatch(/does not allow this user to publish on bw\.worker\.join/);
    expect(code).toBe(3);
  });

  it('says what the stack says against it', async () => {
    answerWith({ ok: false, issues: [{ path: '(message)', code: 'closed', message: 'we are closed' }] });
    expect(await worker()).toMatchObject({ code: 64, stderr: expect.stringContaining('we are closed') });
  });

  it('passes on why the worker does not start', async () => {
    answerWith(way(fixture.servers.env.REDIS_URL ?? ''));
    const { code, stderr } = await worker('--class', 'tpu');
    expect(stderr).toMatch(/no device of the classes tpu/);
    expect(stderr).toMatch(/the worker could not join/);
    expect(code).toBe(1);
  });

  it.each([
    [['--slots', '0'], /whole number/],
    [['--label', 'site'], /KEY=VALUE/],
    [['--lable', 'a=b'], /did you mean --label/],
  ])('is told what is wrong with %j', async (args, message) => {
    answerWith(way(fixture.servers.env.REDIS_URL ?? ''));
    const { code, stderr } = await worker(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(64);
  });
});

describe('the scheduler', () => {
  let scheduler: SpawnedService;
  const WORKER_REDIS_URL = (): string => fixture.servers.env.WORKER_REDIS_URL ?? '';
  beforeAll(async () => {
    scheduler = spawnService('scheduler', fixture.servers.env);
    await waitFor(() => expect(scheduler.port()).toBeDefined());
  });
  afterAll(() => scheduler?.stop());

  it('tells how to join, in the form of docs/protocol, and keeps the password to itself', async () => {
    const question = { v: 1, hostname: 'lab-2' };
    expect(problemsOf('join-request', question)).toEqual([]);
    const reply = (await fixture.nats.request(JOIN_SUBJECT, JSON.stringify(question), { timeout: 5000 })).json();
    expect(problemsOf('join-reply', reply)).toEqual([]);
    expect(reply).toEqual({ ok: true, redis_url: WORKER_REDIS_URL(), redis_prefix: 'benchwire', nats_replicas: 1 });
    const said = await vi.waitFor(() => {
      const logs = JSON.stringify(scheduler.logs);
      expect(logs).toContain('lab-2');
      return logs;
    });
    expect(said).not.toContain(new URL(WORKER_REDIS_URL()).password);

    const odd = (await fixture.nats.request(JOIN_SUBJECT, 'open sesame', { timeout: 5000 })).json();
    expect(odd).toMatchObject({ ok: false, issues: [{ code: 'invalid_json' }] });
    expect(problemsOf('join-reply', odd)).toEqual([]);
  });

  it('lets a worker in that says what it offers, and leaves at a Ctrl-C', async () => {
    const args = ['worker', '--join', env.URL ?? '', '--label', 'site=lab', '--slots', '2'];
    const first = startBw([...args, '--id', 'one'], { env });
    await first.waitFor(/Ctrl-C finishes/);
    expect(first.printed().stdout).toMatch(
      /✓ one has joined nats:\/\/127\.0\.0\.1:\d+\n[\s\S]*cpu-0 +cpu .* 2 +noop +site=lab +cpu-[0-9a-f]{8} +a new pool/,
    );
    const same = await bw([...args, '--id', 'one'], { env });
    expect(same.stderr).toMatch(/^bw: a worker "one" is already online: stop it, or choose another --id/);
    expect(same.code).toBe(64);
    const second = startBw([...args, '--id', 'two', '--json'], { env });
    await second.waitFor(/\n/);
    const offered = JSON.parse(second.printed().stdout);
    expect(problemsOf('capabilities', offered)).toEqual([]);
    expect(Object.values(offered.other_workers)).toEqual([1]);

    const bucket = await openBucket(fixture.nats, WORKERS_BUCKET, 1);
    for (const [id, process, signal] of [
      ['one', first, 'SIGINT'],
      ['two', second, 'SIGTERM'],
    ] as const) {
      expect((await bucket.get(id))?.operation).toBe('PUT');
      // As a terminal and npm do: twice at once counts as once.
      process.child.kill(signal);
      process.child.kill(signal);
      const { code, stdout, stderr } = await process.ended;
      expect([code, stderr]).toEqual([0, '']);
      expect((await bucket.get(id))?.operation ?? 'DEL').toBe('DEL');
      for (const secret of [env.NATS_PASSWORD ?? '', new URL(WORKER_REDIS_URL()).password])
        expect(stdout).not.toContain(secret);
    }
  });

  it('sees a worker go whose bw was killed', async () => {
    const joined = startBw(['worker', '--join', env.URL ?? '', '--id', 'orphan'], { env });
    await joined.waitFor(/Ctrl-C finishes/);
    joined.child.kill('SIGKILL');
    const bucket = await openBucket(fixture.nats, WORKERS_BUCKET, 1);
    await waitFor(async () => expect((await bucket.get('orphan'))?.operation ?? 'DEL').toBe('DEL'));
  });
});

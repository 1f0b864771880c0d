import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCredentials } from '@benchwire/deploy/local/credentials.ts';
import { findServer, redisServer, type ServerProgram } from '@benchwire/deploy/local/find-server.ts';
import { createDataDir } from '@benchwire/deploy/local/paths.ts';
import { probeRedis } from '@benchwire/deploy/local/probe.ts';
import { recordProcess } from '@benchwire/deploy/local/process-records.ts';
import { redisProcess } from '@benchwire/deploy/local/redis.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { startServers } from '@benchwire/deploy/local/servers.ts';
import { serviceKinds } from '@benchwire/deploy/local/service-process.ts';
import { readRunningStack } from '@benchwire/deploy/local/stack-file.ts';
import { SupervisedProcess } from '@benchwire/deploy/local/supervised-process.ts';
import { connectNats } from '@benchwire/shared/runtime/nats.ts';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fakeStack, isListening, isRunning, noExternalServers, portOf, temporaryDataDir, waitFor } from './support.ts';

describe('a local stack', () => {
  test('runs beside another one, each on ports and credentials of its own', async () => {
    const [{ stack: one }, { stack: two }] = await Promise.all([fakeStack(), fakeStack()]);
    expect(portOf(one.env.NATS_URL)).not.toBe(portOf(two.env.NATS_URL));
    expect(portOf(one.env.REDIS_URL)).not.toBe(portOf(two.env.REDIS_URL));

    // The services of each were told where theirs are.
    for (const { env, services } of [one, two]) {
      const told = await (await fetch(`${services[0]?.http_url}/env`)).json();
      expect(told).toMatchObject({ NATS_URL: env.NATS_URL, REDIS_URL: env.REDIS_URL });
    }

    const password = new URL(two.env.REDIS_URL ?? '').password;
    await expect(probeRedis({ host: '127.0.0.1', port: portOf(one.env.REDIS_URL), password }, 2_000)).rejects.toThrow(
      'credentials',
    );
    await expect(
      connectNats(
        'test',
        { NATS_URL: [one.env.NATS_URL ?? ''], NATS_USER: 'benchwire', NATS_PASSWORD: two.env.NATS_PASSWORD },
        false,
      ),
    ).rejects.toThrow('NATS_PASSWORD');
  });

  test('has the same ports again after a restart, so that clients find it', async () => {
    const dataDir = temporaryDataDir();
    const { stack: first } = await fakeStack({ dataDir });
    const { NATS_URL, REDIS_URL } = first.env;
    await first.stop();
    const { stack: second } = await fakeStack({ dataDir });
    expect(second.env).toMatchObject({ NATS_URL, REDIS_URL });
  });

  test('refuses a data folder that another stack runs on, and says what to do', async () => {
    const { stack } = await fakeStack();
    await expect(fakeStack({ dataDir: stack.paths.root })).rejects.toThrow(`pid ${process.pid}`);
    expect(readRunningStack(stack.paths.root)?.pid).toBe(process.pid);
  });

  test('keeps secrets in files that only the owner reads, and off every command line', async () => {
    const { stack } = await fakeStack();
    expect(statSync(stack.paths.root).mode & 0o777).toBe(0o700);
    for (const file of ['credentials.json', 'stack.json', 'stack.lock', 'nats/nats.conf', 'redis/redis.conf']) {
      expect([file, statSync(join(stack.paths.root, file)).mode & 0o777]).toEqual([file, 0o600]);
    }
    if (process.platform !== 'linux') return;
    for (const pid of [stack.nats?.pid, stack.redis?.pid, stack.service('fake').pid]) {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      expect(commandLine).not.toBe('');
      expect(commandLine).not.toContain(stack.env.NATS_PASSWORD);
      expect(commandLine).not.toContain(new URL(stack.env.REDIS_URL ?? '').password);
    }
  });

  test('leaves no process, no open port and no stack.json behind', async () => {
    const { stack, logs } = await fakeStack();
    const pids = [stack.nats?.pid, stack.redis?.pid, stack.service('fake').pid].map(Number);
    const ports = [portOf(stack.env.NATS_URL), portOf(stack.env.REDIS_URL), stack.service('fake').http_port];
    expect(await Promise.all(ports.map(isListening))).toEqual([true, true, true]);

    await stack.stop();
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    expect(await Promise.all(ports.map(isListening))).toEqual([false, false, false]);
    expect(logs).toContainEqual({ service: 'fake-1', line: 'stopping' });
    expect(existsSync(stack.paths.stack)).toBe(false);
    expect(existsSync(stack.paths.lock)).toBe(false);
    expect(readdirSync(stack.paths.state)).toEqual([]);
  });

  test('starts a service again that crashed, and says why', async () => {
    const { stack, logs } = await fakeStack();
    const fake = stack.service('fake');
    const { http_url, pid } = fake;
    for (const crash of [1, 2]) {
      await fetch(`${http_url}/crash`).catch(() => {});
      await waitFor(() => expect(fake.restarts).toBe(crash));
      await fake.waitReady();
    }
    expect(fake.http_url).toBe(http_url);
    expect(fake.pid).not.toBe(pid);
    const said = logs.filter(({ service }) => service === 'stack').map(({ line }) => line);
    expect(said).toContain('fake-1: exit code 7');
    expect(said).toContain('    Error: out of fuel');
    expect(said.filter((line) => /starting it again in \d+\.\d s/.test(line))).toHaveLength(2);
    expect(readRunningStack(stack.paths.root)?.services[0]?.pid).toBe(fake.pid);
  });

  test('gives up on a service that never comes up, with its last words, and stops the rest', async () => {
    const dataDir = temporaryDataDir();
    const starting = fakeStack({ dataDir, env: { FAKE_FAILURE: 'NATS_URL is "x": not a URL' } });
    await expect(starting).rejects.toThrow(/fake-1 does not start.*exit code 3.*\n {4}NATS_URL is "x": not a URL/);
    expect(existsSync(join(dataDir, 'stack.lock'))).toBe(false);
    expect(readdirSync(join(dataDir, 'state'))).toEqual([]);
  });

  test('starts more services, and keeps those down that are to stay down', async () => {
    const { stack } = await fakeStack({
      services: { ...Object.fromEntries(serviceKinds.map((kind) => [kind, 0])), fake: 2 },
    });
    const third = await stack.addService('fake', { WHO: 'the third' });
    expect(stack.services.map(({ name }) => name)).toEqual(['fake-1', 'fake-2', 'fake-3']);
    expect(await (await fetch(`${third.http_url}/env`)).json()).toMatchObject({ WHO: 'the third' });

    await third.kill('SIGKILL', { stay_down: true });
    expect([third.state, third.pid]).toEqual(['stopped', undefined]);
    third.start();
    await third.waitReady();
  });
});

/** A Redis without a password, as somebody else may run one. */
async function squat(program: ServerProgram, port: number): Promise<void> {
  const path = program.from === 'binary' ? program.path : 'redis-server';
  const squatter = spawn(path, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' });
  onTestFinished(() => void squatter.kill('SIGKILL'));
  await waitFor(async () => expect(await isListening(port)).toBe(true));
}

describe('the local servers', () => {
  const start = async (dataDir = temporaryDataDir(), env = {}) => {
    const said: string[] = [];
    const servers = await startServers({
      dataDir,
      env: { ...noExternalServers, ...env },
      say: (text) => said.push(text),
    });
    onTestFinished(() => servers.stop());
    return { servers, said };
  };

  test('come back after kill -9 on the same port with the same data', async () => {
    const { servers } = await start();
    const { nats, redis, env } = servers;
    const client = new Redis(env.REDIS_URL ?? '').on('error', () => {}); // it reconnects
    onTestFinished(() => client.disconnect());
    await client.set('kept', 'yes');
    await waitFor(async () => expect(await client.info('persistence')).toContain('aof_pending_bio_fsync:0'));

    await Promise.all([nats?.kill('SIGKILL'), redis?.kill('SIGKILL')]);
    await Promise.all([nats?.waitReady(), redis?.waitReady()]);
    expect([nats?.restarts, redis?.restarts]).toEqual([1, 1]);
    expect(await client.get('kept')).toBe('yes');

    await redis?.restart();
    expect(await client.get('kept')).toBe('yes');
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  });

  test('take another port when a Redis of somebody else got theirs first', async () => {
    const paths = createDataDir(temporaryDataDir());
    const found = await findServer(redisServer, runCommand);
    if (!found.ok) throw new Error(found.reason);
    const spec = redisProcess(paths, loadCredentials(paths.credentials), found.program);
    const tried: number[] = [];
    const launch: typeof spec.launch = async (ready_before) => {
      const ours = await spec.launch(ready_before);
      tried.push(spec.port());
      if (tried.length === 1) await squat(found.program, spec.port());
      return ours;
    };
    const redis = new SupervisedProcess({ ...spec, launch }, { say: () => {}, onChange: () => {} });
    onTestFinished(() => redis.stop());
    redis.start();
    await redis.waitReady();
    expect(tried).toHaveLength(2);
    expect(spec.port()).not.toBe(tried[0]);
    expect(await isListening(Number(tried[0]))).toBe(true);
  });

  test('end what a stack that died left running, and nothing else', async () => {
    const dataDir = temporaryDataDir();
    await (await start(dataDir)).servers.stop();
    const orphan = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
    onTestFinished(() => {
      for (const each of [orphan, stranger]) each.kill('SIGKILL');
    });
    recordProcess(join(dataDir, 'state'), 'nats-server', Number(orphan.pid));
    recordProcess(join(dataDir, 'state'), 'redis-server', Number(stranger.pid));
    // The second one has only the pid of what was recorded: that was started at another time.
    const record = join(dataDir, 'state/redis-server.json');
    writeFileSync(
      record,
      JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), identity: 'an earlier boot 123' }),
    );

    const { said } = await start(dataDir);
    expect(said).toContain(`ended nats-server (pid ${orphan.pid}), left over from a stack that died.`);
    await waitFor(() => expect(orphan.signalCode).toBe('SIGTERM'));
    expect(isRunning(Number(stranger.pid))).toBe(true);
  });

  test('go when the process that started them is killed', async () => {
    if (process.platform !== 'linux') return;
    const dataDir = temporaryDataDir();
    const script = `
      import { redisProcess } from '@benchwire/deploy/local/redis.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { startServers } from '@benchwire/deploy/local/servers.ts';
      const { nats, redis, env } = await startServers({ dataDir: ${JSON.stringify(dataDir)} });
      console.log(JSON.stringify([nats.pid, redis.pid]));
      setInterval(() => {}, 1000);`;
    const args = ['--input-type=module-typescript', '-e', script];
    const env = { ...process.env, NATS_URL: '', REDIS_URL: '', CLICKHOUSE_URL: '', KAFKA_BROKERS: '' };
    const owner = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
      cwd: import.meta.dirname,
    });
    const pids: number[] = await new Promise((resolve) =>
      owner.stdout.once('data', (text) => resolve(JSON.parse(String(text)))),
    );
    owner.kill('SIGKILL');
    await waitFor(() => expect(pids.map(isRunning)).toEqual([false, false]));
    await start(dataDir); // the lock of the dead one doesn't hold
  });

  test.each([
    ['NATS_URL', 'nats://127.0.0.1:9', 'NATS_URL is nats://127.0.0.1:9: connection refused'],
    ['NATS_URL', 'http://127.0.0.1', 'not an address such as nats://host:4222'],
    ['REDIS_URL', 'redis://:secret@127.0.0.1:9', 'REDIS_URL is redis://127.0.0.1:9: connection refused'],
    ['REDIS_URL', '127.0.0.1:6379', 'not an address such as redis://'],
    ['CLICKHOUSE_URL', 'http://127.0.0.1:9', 'CLICKHOUSE_URL is http://127.0.0.1:9'],
    ['KAFKA_BROKERS', '127.0.0.1:9', 'KAFKA_BROKERS is 127.0.0.1:9: connection refused'],
  ])('say so when %s is %s', async (variable, value, message) => {
    const dataDir = temporaryDataDir();
    await expect(start(dataDir, { [variable]: value })).rejects.toThrow(message);
    expect(existsSync(join(dataDir, 'stack.lock'))).toBe(false);
  });

  test('are not started when the environment names others', async () => {
    const { servers: own } = await start();
    const { servers } = await start(temporaryDataDir(), own.env);
    expect([servers.nats, servers.redis]).toEqual([undefined, undefined]);
    // The gateway's key is each stack's own.
    const { BENCHWIRE_API_KEY: _, ...shared } = own.env;
    expect(servers.env).toMatchObject(shared);

    const wrong = start(temporaryDataDir(), { ...own.env, NATS_PASSWORD: 'guess' });
    await expect(wrong).rejects.toThrow('it refuses the credentials: check NATS_USER and NATS_PASSWORD');
    const name = start(temporaryDataDir(), { ...own.env, REDIS_URL: own.env.NATS_URL?.replace('nats:', 'redis:') });
    await expect(name).rejects.toThrow('something else than Redis answers there');
  });
});

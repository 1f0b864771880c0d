import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServer, natsServer } from '@benchwire/deploy/local/find-server.ts';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { probeNats } from '@benchwire/deploy/local/probe.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { expect, onTestFinished, test } from 'vitest';
import { bw } from '../../support/bw.ts';
import { noExternalServers, temporaryDataDir, waitFor } from './support.ts';

/** What a password may hold that means something in an address. */
const ODD = 's3cr3t%zz@:/#?&=+100%';

async function ownNats(): Promise<string> {
  const found = await findServer(natsServer, runCommand);
  if (!found.ok || found.program.from !== 'binary') throw new Error('there is no nats-server');
  const folder = mkdtempSync(join(tmpdir(), 'benchwire-own-'));
  const port = await freePort();
  const users = `{ user: bw, password: ${JSON.stringify(ODD)} }`;
  const config = `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: ${JSON.stringify(folder)} }\n`;
  writeFileSync(join(folder, 'nats.conf'), `${config}authorization { users: [${users}] }\n`);
  const server = spawn(found.program.path, ['-c', join(folder, 'nats.conf')], { stdio: 'ignore' });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
  await waitFor(() => probeNats({ host: '127.0.0.1', port, user: 'bw', password: ODD }, 1000));
  return `127.0.0.1:${port}`;
}

test('a login in NATS_URL works whatever it holds, and is in no log', { timeout: 60_000 }, async () => {
  const address = await ownNats();
  const dataDir = temporaryDataDir();
  const lines: string[] = [];
  const stack = await startLocalStack({
    dataDir,
    services: ['ingest', 'worker'],
    env: { ...noExternalServers, NATS_URL: `nats://bw:${ODD}@${address}`, LOG_LEVEL: 'trace' },
    onLog: ({ line }) => lines.push(line),
  });
  let open = true;
  const stop = async (): Promise<void> => {
    if (open) await stack.stop();
    open = false;
  };
  onTestFinished(stop);
  expect(stack.env).toMatchObject({ NATS_URL: `nats://${address}`, NATS_USER: 'bw', NATS_PASSWORD: ODD });
  for (const service of stack.services) lines.push(await (await fetch(`${service.http_url}/metrics`)).text());
  // bw has the same address from a person.
  for (const password of [ODD, `wrong-${ODD}`]) {
    const { stdout, stderr } = await bw(['cluster', '--nats-url', `nats://bw:${password}@${address}`], { env: {} });
    lines.push(stdout, stderr);
    expect(stderr).not.toMatch(/this is a bug/);
  }
  await stop();
  const logs = readdirSync(join(dataDir, 'logs')).map((file) => readFileSync(join(dataDir, 'logs', file), 'utf8'));
  expect(lines.concat(logs).filter((text) => /s3cr3t/i.test(text))).toEqual([]);
  expect(logs.length).toBeGreaterThan(0);
});

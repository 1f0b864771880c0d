import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dashboardPort } from './dashboard-port.ts';

let root: string;
const servers: Server[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bw-port-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(root, { recursive: true, force: true });
});

async function occupy(port: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
}

it('is the same at every start, and another one only while somebody else has it', async () => {
  const first = await dashboardPort(root);
  expect(first).toBeGreaterThanOrEqual(8080);
  expect(first).toBeLessThan(8100);
  expect(await dashboardPort(root)).toBe(first);
  await occupy(first);
  const second = await dashboardPort(root);
  expect(second).not.toBe(first);
  servers.pop()?.close();
  // The page moved once and stays where it went.
  expect(await dashboardPort(root)).toBe(second);
});

it.each(['', 'nonsense', '80', '70000', '8080.5'])('takes no notice of %j in its file', async (text) => {
  writeFileSync(join(root, 'dashboard-port'), text);
  expect(await dashboardPort(root)).toBeGreaterThanOrEqual(8080);
});

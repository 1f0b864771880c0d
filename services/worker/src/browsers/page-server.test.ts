import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PageServer } from './page-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-page-'));
let server: PageServer;
let origin: string;
const connected: string[] = [];

beforeAll(async () => {
  for (const each of ['page', 'ort']) mkdirSync(join(folder, each));
  writeFileSync(join(folder, 'page/index.html'), '<title>page</title>');
  writeFileSync(join(folder, 'ort/ort.mjs'), 'export {}');
  writeFileSync(join(folder, 'secret.js'), 'secret');
  server = new PageServer({ page: join(folder, 'page'), runtime: join(folder, 'ort'), runtime_version: '1' });
  await server.start();
  origin = new URL(server.expectPage(() => undefined).url).origin;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('serves the page isolated, and nothing outside of its folders', async () => {
  const page = await fetch(`${origin}/?token=x`);
  expect(await page.text()).toContain('page');
  expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect((await fetch(`${origin}/ort/ort.mjs`)).status).toBe(200);
  for (const path of ['/secret.js', '/ort/..%2fsecret.js', '/..%2fsecret.js', '/nothing.js', '/package.json'])
    expect((await fetch(origin + path)).status, path).toBe(404);
});

it('refuses an address that is none, and lives', async () => {
  const { host, hostname, port } = new URL(origin);
  for (const headers of ['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n']) {
    const socket = connect(Number(port), hostname);
    socket.write(`GET // HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 403 /);
    socket.destroy();
  }
  expect((await fetch(origin)).status).toBe(200);
});

it('serves what a task needs until it has ended', async () => {
  const { url, forget } = server.serve({ data: Uint8Array.of(1, 2, 3) });
  expect(new Uint8Array(await (await fetch(origin + url)).arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
  forget();
  expect((await fetch(origin + url)).status).toBe(404);
});

it('lets a page connect once, with its token and from its own origin', async () => {
  const { url } = server.expectPage(() => connected.push('page'));
  const { search } = new URL(url);
  const address = `${origin.replace('http', 'ws')}/runner${search}`;
  const opens = (to: string, from: string): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = new WebSocket(to, { origin: from });
      socket.on('open', () => resolve(true)).on('error', () => resolve(false));
    });
  expect(await opens(address, 'http://evil.example')).toBe(false);
  expect(await opens(address.replace('token=', 'token=x'), origin)).toBe(false);
  expect(await opens(address, origin)).toBe(true);
  expect(connected).toEqual(['page']);
  expect(await opens(address, origin)).toBe(false);
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { type BwProcess, type BwResult, bw, startProgram } from '../support/bw.ts';
import { CHROMIUM } from '../support/chromium.ts';

/** `npm start -- --share`: the dashboard from another machine, here by the address that other machines would use. */

const address = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
const folder = mkdtempSync(join(tmpdir(), 'bw-share-'));
const env = { BENCHWIRE_DATA_DIR: join(folder, 'data'), HOME: folder };
let start: BwProcess;
let page_url = '';

async function startStack(...args: string[]): Promise<void> {
  const main = join(repositoryRoot, 'deploy/local/main.ts');
  start = startProgram(process.execPath, [main, '--data-dir', env.BENCHWIRE_DATA_DIR, ...args], {
    env: { HOME: folder },
  });
  await start.waitFor(/the dashboard is at (http:\S+):/);
}
async function stopStack(): Promise<void> {
  start.child.kill('SIGINT');
  await start.ended;
}
const open = (...args: string[]): Promise<BwResult> => bw(['open', ...args], { env });

describe.skipIf(address === undefined)('a stack that is shared', () => {
  beforeAll(async () => {
    await startStack('--share', address ?? '');
    page_url = /the dashboard is at (http:\S+\d)/.exec(start.printed().stdout)?.[1] ?? '';
  });
  afterAll(async () => {
    await stopStack();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has its dashboard at that address and on this machine, and no secret in its log', async () => {
    expect(page_url).toMatch(new RegExp(`^http://${address}:\\d+$`));
    const { port } = new URL(page_url);
    for (const url of [page_url, `http://127.0.0.1:${port}`]) {
      const page = await fetch(url);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>')]);
      expect((await fetch(`${url}/api/runs`)).status).toBe(401);
    }
    expect(start.printed().stdout).not.toContain('token=');
    // The other services stay on loopback.
    const stack = JSON.parse(readFileSync(join(env.BENCHWIRE_DATA_DIR, 'stack.json'), 'utf8'));
    for (const { name, http_port } of stack.services)
      if (!name.startsWith('gateway'))
        await expect(fetch(`http://${address}:${http_port}/readyz`), name).rejects.toThrow();
  });

  it('gives a link that signs in once, also without a terminal', async () => {
    const { code, stdout, stderr } = await open();
    expect([code, stderr]).toEqual([0, expect.stringContaining('signs in once')]);
    const [, token] = /^http:\/\/[^/]+\/#token=(\S+)\n$/.exec(stdout) ?? [];
    expect(stdout.startsWith(page_url)).toBe(true);
    const signIn = (secret: string) =>
      fetch(`${page_url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: secret }),
      });
    expect((await signIn(token ?? '')).status).toBe(200);
    const again = await signIn(token ?? '');
    expect([again.status, await again.json()]).toMatchObject([401, { code: 'TOKEN_USED' }]);
    expect((await signIn(`${token}x`)).status).toBe(401);
    const asJson = JSON.parse((await open('--json')).stdout) as { url: string; expires_at: string };
    const left_ms = Date.parse(asJson.expires_at) - Date.now();
    expect(left_ms).toBeGreaterThan(9 * 60_000);
    expect(left_ms).toBeLessThanOrEqual(10 * 60_000);
  });

  describe.skipIf(CHROMIUM === undefined)('in a browser', () => {
    let browser: TestBrowser;
    beforeAll(async () => {
      browser = await startBrowser();
    });
    afterAll(() => browser?.close());

    it('goes on by itself after the stack was stopped and started again', async () => {
      const { page } = browser;
      const { stdout } = await open();
      await page.goto(stdout.trim());
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      let reloads = -1;
      page.on('framenavigated', (frame) => {
        if (frame === page.mainFrame()) reloads++;
      });
      await page.evaluate('window.same_page = true');
      await stopStack();
      const state = page.getByRole('navigation', { name: 'Pages' }).getByRole('status');
      await state.getByText('reconnecting').waitFor({ timeout: 60_000 });
      await startStack('--share', address ?? '');
      expect(start.printed().stdout).toContain(page_url);
      await bw(['run', '-', '--name', 'after the start'], {
        env,
        input: JSON.stringify({ tasks: [{ task_id: 'after', executor: 'noop' }] }),
      });
      await page.getByText('after the start').first().waitFor({ timeout: 60_000 });
      expect(await page.evaluate('window.same_page')).toBe(true);
      expect(reloads).toBeLessThanOrEqual(0);
    }, 240_000);
  });
});

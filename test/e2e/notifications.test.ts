import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { cutOff, seriousViolations, startBrowser, type TestBrowser } from '../support/browser.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`tests of the page of notifications: skipped, ${missing}`);

/** Rules, silences and messages, as an admin uses the page. The tests follow each other. */
describe.skipIf(missing !== undefined)('the page of notifications', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-notifications-'));
  const received: string[] = [];
  let other: Server;
  let url: string;
  let dashboard: DashboardStack;
  let browser: TestBrowser;
  /** What the other side answers. */
  let status = 404;

  beforeAll(async () => {
    other = createServer((request, response) => {
      request
        .on('data', (chunk: Buffer) => received.push(chunk.toString()))
        .on('end', () => {
          response.writeHead(status).end();
        });
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const env = { LOG_LEVEL: 'warn' };
    dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env, services: { notifier: 1 } });
    browser = await startBrowser();
    await signIn(browser, dashboard);
    await browser.page.goto(`${dashboard.url}/notifications`);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stack.stop();
    other?.closeAllConnections();
    other?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    expect(browser.problems, 'on the console').toEqual([]);
  });

  it('says what is wrong with rules, and applies right ones', async () => {
    const { page } = browser;
    await page.getByText('No rules: nothing is sent.').waitFor();
    await page.getByRole('button', { name: 'Insert example' }).click();
    const yaml = page.getByLabel('YAML');
    expect(await yaml.inputValue()).toContain('connector: slack');
    await yaml.fill('receivers: [{ name: hook, connector: webhok }]');
    await page.getByRole('button', { name: 'Apply rules' }).click();
    await page.getByText('Did you mean "webhook"?').waitFor();
    // The browser itself reports the 422.
    expect(browser.problems.splice(0).join()).toContain('422');
    await yaml.fill(`receivers: [{ name: hook, connector: webhook, url: "${url}" }]\nroute: { receiver: hook }\n`);
    await page.getByRole('button', { name: 'Apply rules' }).click();
    await page.getByText('Applied by').waitFor();
  });

  it('sends a test, shows that it was refused, and sends it again', async () => {
    const { page } = browser;
    await page.getByRole('button', { name: 'Test hook (webhook)' }).click();
    const row = page.getByRole('row', { name: /Benchwire can send messages here/ });
    await row.getByText('HTTP 404').waitFor();
    await row.getByText('failed').waitFor();
    status = 200;
    await row.getByRole('button', { name: 'Send again' }).click();
    await row.getByText('sent', { exact: true }).waitFor();
    await vi.waitFor(() => expect(received).toHaveLength(2));
  });

  it('adds a silence, and ends it', async () => {
    const { page } = browser;
    await page.getByLabel('Text, * for any part').fill('encode*');
    await page.getByLabel('Reason').fill('new driver');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    const row = page.getByRole('row', { name: /benchmark encode\*/ });
    await row.getByText('new driver').waitFor();
    await row.getByRole('button', { name: 'End now' }).click();
    await page.getByText('No silences').waitFor();
  });

  it('is accessible, and cuts nothing off on a phone and on a desk', async () => {
    const { page } = browser;
    for (const width of [390, 1024, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await cutOff(page)]).toEqual([width, []]);
      expect(await seriousViolations(page)).toEqual([]);
      await page.screenshot({ path: join(tmpdir(), `bw-notifications-${width}.png`), fullPage: true });
    }
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, HttpClient } from '@benchwire/shared/client/http-client.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cutOff, seriousViolations, startBrowser, type TestBrowser } from '../support/browser.ts';
import { bw } from '../support/bw.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`tests of the page of fault tolerance: skipped, ${missing}`);

describe.skipIf(missing !== undefined)('the page of fault tolerance', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-faults-'));
  let dashboard: DashboardStack;
  let browser: TestBrowser;

  beforeAll(async () => {
    dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env: { LOG_LEVEL: 'warn' } });
    const { stack, url, key } = dashboard;
    const api = new HttpClient({ url, headers: { Authorization: `Bearer ${key}` } });
    const retry_policy = { max_retries: 1, retry_delay_seconds: 0.01 };
    const tasks = ['fail', 'throw', 'hang', 'exit', 'complete'].map((behaviour) => ({
      ...{ task_id: behaviour, executor: 'noop', config: { behaviour }, retry_policy },
      timeout_seconds: behaviour === 'hang' ? 1 : 60,
    }));
    await bw(['run', '-'], { env: stack.env, input: JSON.stringify({ tasks }) });
    const [worker] = (await api.send(call('GET /api/workers'))).items;
    const quarantine = ['workers', 'quarantine', worker?.worker_id ?? '', '--reason', 'the fan is loud'];
    expect(await bw(quarantine, { env: stack.env })).toMatchObject({ code: 0 });
    await vi.waitFor(
      async () => {
        const found = await api.send(call('GET /api/fault-tolerance'));
        expect(found.quarantines).toMatchObject([{ by: 'user', ended_at: null }]);
        expect(found).toMatchObject({ failed_tasks: 4, recovered_tasks: 0 });
      },
      { timeout: 60_000, interval: 200 },
    );
    browser = await startBrowser();
    await signIn(browser, dashboard);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows what failed, what was done about it, and has the same as a file', async () => {
    const { page, problems } = browser;
    await page.getByRole('link', { name: 'Fault tolerance' }).click();
    await page.getByRole('heading', { name: 'Fault tolerance', level: 1 }).waitFor();
    const strategies = page.getByRole('region', { name: 'Recovery strategies' }).last();
    await strategies.getByRole('row').filter({ hasText: 'Retry on the same worker' }).first().waitFor();
    await page.getByRole('region', { name: 'Quarantines' }).last().getByText('the fan is loud').waitFor();
    await page.getByRole('region', { name: 'Summary' }).getByText('of 4 that failed at least once').waitFor();
    await page.getByText('By pool', { exact: true }).click();
    await vi.waitFor(() => expect(page.url()).toContain('by=pool'));
    const reportAs = async (format: string): Promise<string> => {
      await page.getByRole('button', { name: 'Report' }).click();
      const item = page.getByRole('menuitem', { name: format });
      const [file] = await Promise.all([page.waitForEvent('download', { timeout: 90_000 }), item.click()]);
      expect(file.suggestedFilename()).toMatch(new RegExp(`^benchwire-fault-tolerance-.*\\.${format.toLowerCase()}$`));
      return readFileSync(await file.path(), 'utf8');
    };
    expect(await reportAs('HTML')).toContain('the fan is loud');
    expect(await reportAs('PDF')).toMatch(/^%PDF-.*%%EOF\s*$/s);
    expect(problems).toEqual([]);
  });

  it('is accessible and cuts nothing off, also on a phone', async () => {
    const { page } = browser;
    const wrong: string[] = [];
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 });
      wrong.push(...(await cutOff(page)).map((each) => `${width} px: ${each}`));
      wrong.push(...(await seriousViolations(page)).map((each) => `${width} px: ${each}`));
      const folder_of_pictures = process.env.FAULTS_PICTURES;
      if (folder_of_pictures !== undefined)
        await page.screenshot({ path: join(folder_of_pictures, `faults-${width}.png`), fullPage: true });
    }
    expect(wrong).toEqual([]);
  });
});

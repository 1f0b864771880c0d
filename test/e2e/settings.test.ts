import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import { ApiProblem, call, HttpClient } from '@benchwire/shared/client/http-client.ts';
import type { SettingState } from '@benchwire/shared/contracts/api/settings.ts';
import { type Finding, SETTLED_SUBJECT, settledReply } from '@benchwire/shared/contracts/finding.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import type { SettingName } from '@benchwire/shared/contracts/server-setting.ts';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { bw as startBw } from '../support/bw.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';
import { outcomeWith } from '../support/outcomes.ts';

/** Settings of the server on a real stack: what they change without a restart, after one, and who is told when two people change one. */

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`the page of settings: skipped, ${missing}`);

const folder = mkdtempSync(join(tmpdir(), 'bw-settings-'));
const WITHIN = { timeout: 120_000, interval: 200 };
let dashboard: DashboardStack;
let client: Client;
let api: HttpClient;

beforeAll(async () => {
  const env = { LOG_LEVEL: 'info', ANOMALY_THRESHOLD: '6', ANOMALY_CONFIRM_RUNS: '0' };
  dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env, services: { worker: 0 } });
  client = await connectClient(findStack({ environment: dashboard.stack.env, working_directory: folder }).options);
  api = await apiOf('ada');
}, 180_000);
afterAll(async () => {
  await client?.close();
  await dashboard?.stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function apiOf(name: string): Promise<HttpClient> {
  const { key } = await createApiKey(client.nats, { name, role: 'admin' });
  return new HttpClient({ url: dashboard.url, headers: { Authorization: `Bearer ${key}` } });
}

async function state(name: SettingName): Promise<SettingState> {
  const { settings } = await api.send(call('GET /api/settings'));
  return settings.find((each) => each.name === name) ?? Promise.reject(new Error(`no ${name}`));
}

async function put(name: SettingName, value: SettingState['value'], by = api): Promise<SettingState> {
  const { revision } = await state(name);
  return await by.send(call('PUT /api/settings/:name', { params: { name }, body: { revision, value } }));
}

async function restartAnomaly(): Promise<void> {
  await dashboard.stack.stopService(dashboard.stack.service('anomaly'));
  await dashboard.stack.addService('anomaly');
}

/** Publishes outcomes in their order; what is found in the last one. */
async function measure(values: readonly number[], changes: Partial<Outcome>): Promise<Finding[]> {
  let last: Outcome | undefined;
  let stream_sequence = 0;
  for (const value of values) {
    last = outcomeWith(value, changes);
    const options = { msgID: outcomeMessageId(last) };
    stream_sequence = (await jetstream(client.nats).publish(outcomeSubject(last), JSON.stringify(last), options)).seq;
  }
  const question = JSON.stringify({ run_id: last?.run_id, stream_sequence });
  return await vi.waitFor(async () => {
    const message = await client.nats.request(SETTLED_SUBJECT, question, { timeout: 40_000 });
    const reply = settledReply.parse(message.json());
    if (!reply.ok) throw new Error(reply.message);
    return reply.findings;
  }, WITHIN);
}

const USUAL = [100, 101, 99, 100, 102, 98];
let benchmarks = 0;
/** A step in a new benchmark of this family. */
const step = (family: string, source: Outcome['source'] = null): Promise<Finding[]> =>
  measure([...USUAL, 150], { benchmark: `${family}-${benchmarks++}`, source });

it('says what applies, and whether a variable or a default is behind it', async () => {
  const { revision, value, fields } = await state('detection');
  expect({ revision, value }).toEqual({ revision: 0, value: null });
  const said = fields.map((each) => [each.field, each.value, each.from, each.variable]);
  expect(said).toContainEqual(['threshold', 6, 'variable', 'ANOMALY_THRESHOLD']);
  expect(said).toContainEqual(['window', 50, 'default', 'ANOMALY_WINDOW']);
  expect((await state('retention')).fields).toContainEqual({
    ...{ field: 'samples', variable: 'TTL_SAMPLES_DAYS', value: 30, from: 'default', without_setting: 30 },
  });
});

it('detection of some benchmarks: no step is told there, still with others, after a restart, and until it is reset', async () => {
  expect(await step('loud')).toHaveLength(1);
  await put('detection', [{ benchmark: 'loud-*', metric: 'latency_ms', least_change_percent: 80 }]);
  await vi.waitFor(async () => expect(await step('loud')).toEqual([]), WITHIN);
  expect(await step('quiet')).toHaveLength(1);

  await restartAnomaly();
  expect(await step('loud')).toEqual([]);
  expect(await step('quiet')).toHaveLength(1);

  const { revision } = await state('detection');
  await api.send(call('DELETE /api/settings/:name', { params: { name: 'detection' }, query: { revision } }));
  await vi.waitFor(async () => expect(await step('loud')).toHaveLength(1), WITHIN);
}, 300_000);

it('main branches: the points that a branch has already become its history', async () => {
  const source = (commit: string) => ({ branch: 'develop', commit });
  const of = (benchmark: string, commit: string) => ({ benchmark, source: source(commit) });
  for (const [i, value] of USUAL.entries()) await measure([value], of('before', `b${i}`));
  expect(await measure([150], of('never', 'x'))).toEqual([]);
  await put('main_branches', ['main', 'develop']);
  // Its own history is only seen once the new setting is; 300 is a step from it in any case.
  await vi.waitFor(async () => expect(await step('line', source('c'))).toHaveLength(1), WITHIN);
  const [found] = await measure([150], of('before', 'step'));
  expect(found).toMatchObject({ kind: 'regression', baseline: { n: USUAL.length } });

  await restartAnomaly();
  const other = await measure([...USUAL, 150], of('after', 'd'));
  expect(other).toHaveLength(1);
}, 300_000);

it('two who change a setting at a time: the second hears who was first, and nothing is overwritten', async () => {
  const eve = await apiOf('eve');
  const { revision } = await state('confirm_per_hour');
  const change = (value: number) =>
    call('PUT /api/settings/:name', { params: { name: 'confirm_per_hour' }, body: { revision, value } });
  await eve.send(change(7));
  const refused = await api.send(change(9)).then(
    () => undefined,
    (error: unknown) => error as ApiProblem,
  );
  expect(refused).toBeInstanceOf(ApiProblem);
  expect(refused).toMatchObject({
    status: 409,
    code: 'SETTING_CHANGED',
    message: expect.stringContaining('eve changed it at'),
  });
  expect(await state('confirm_per_hour')).toMatchObject({
    value: 7,
    changed_by: 'eve',
    fields: [{ from: 'setting', without_setting: 60 }],
  });
  await vi.waitFor(async () => {
    const events = await api.send(call('GET /api/events', { query: { entity: 'setting' } }));
    expect(events.items.map(({ message }) => message)).toContain('the setting confirm_per_hour was changed by eve');
  }, WITHIN);
});

it('the audit log says who it was, what they did, to what', async () => {
  const audit = (query: object) => api.send(call('GET /api/audit', { query }));
  await vi.waitFor(async () => {
    const { items } = await audit({ subject: 'eve', path: '/api/settings', method: 'PUT' });
    expect(items).toMatchObject([
      { subject: 'eve', role: 'admin', target: 'confirm_per_hour', what: expect.stringContaining('Change a setting') },
    ]);
  }, WITHIN);
  expect((await audit({ subject: 'eve', since: '2100-01-01T00:00:00Z' })).items).toEqual([]);
  expect((await audit({ subject: 'nobody' })).items).toEqual([]);
});

it('names what is wrong with a value', async () => {
  const wrong = async (name: SettingName, value: SettingState['value']): Promise<string[]> => {
    const refused = await put(name, value).then(
      () => undefined,
      (error: unknown) => error as ApiProblem,
    );
    expect(refused).toMatchObject({ status: 422 });
    return (refused?.issues ?? []).map(({ path, message }) => `${path} ${message}`);
  };
  expect(await wrong('detection', [{ benchmark: 'a', threshold: 1 }])).toEqual([
    expect.stringMatching(/^value\[0\]\.threshold .*3/),
  ]);
  expect(await wrong('detection', [{ benchmark: 'a' }])).toEqual([
    expect.stringContaining('has no field: name one of threshold'),
  ]);
  expect(await wrong('retention', { sample: 3 })).toContainEqual(expect.stringMatching(/value\.sample .*samples/));
  expect(await wrong('main_branches', [])).toHaveLength(1);
  expect(await wrong('history_points', null)).toHaveLength(1);
});

it('retention: the tables follow', async () => {
  await put('retention', { rejected: 11 });
  const logs = join(folder, 'data', 'logs');
  const said = (): string =>
    readdirSync(logs)
      .filter((name) => name.startsWith('aggregator'))
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('');
  await vi.waitFor(() => expect(said()).toMatch(/"table":"rejected","days":11\D/), WITHIN);
});

const bw = (...args: string[]) => startBw(['settings', ...args], { env: dashboard.stack.env, cwd: folder });

it('with bw', async () => {
  const set = await bw('set', 'detection', 'threshold=8,min_runs=10', '--benchmark', 'encode');
  expect(set.code, set.stderr).toBe(0);
  expect((await state('detection')).value).toEqual([{ benchmark: 'encode', metric: '*', threshold: 8, min_runs: 10 }]);
  expect((await bw('set', 'detection', 'confirm_runs=1')).code).toBe(0);
  expect((await state('detection')).value).toHaveLength(2);
  const all = await bw();
  expect(all.stdout).toMatch(/detection +confirm_runs +1 +setting/);
  expect(all.stdout).toMatch(/retention +events +90 +default TTL_EVENTS_DAYS/);
  expect(JSON.parse((await bw('get', 'main_branches', '--json')).stdout)).toMatchObject([
    { value: ['main', 'develop'] },
  ]);
  const wrong = await bw('set', 'history_points', '5');
  expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('history_points')]);
  expect((await bw('reset', 'detection')).code).toBe(0);
  expect((await state('detection')).value).toBe(null);
});

it.skipIf(missing !== undefined)('on the page', async () => {
  const browser = await startBrowser();
  try {
    const { page, problems } = browser;
    await signIn(browser, dashboard);
    await page.goto(`${dashboard.url}/settings`);
    const detection = page.getByRole('region', { name: 'Detection', exact: true }).first();
    await detection.getByLabel('Benchmark').fill('by-page');
    await detection.getByLabel('Threshold, sigma').fill('9');
    await detection.getByRole('button', { name: 'Add rule' }).click();
    await detection.getByRole('cell', { name: 'by-page' }).waitFor();
    expect((await state('detection')).value).toEqual([{ benchmark: 'by-page', metric: '*', threshold: 9 }]);
    // Somebody else changes it while the page shows the old one.
    await page.route('**/api/settings', (route) => route.abort());
    await put('history_points', 200);
    const history = page.getByRole('region', { name: 'History of a series', exact: true }).first();
    await page.unroute('**/api/settings');
    await history.getByLabel('Points').fill('300');
    await history.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Changed by someone else').waitFor();
    expect((await state('history_points')).value).toBe(200);
    await detection.getByRole('button', { name: 'Reset' }).click();
    await vi.waitFor(async () => expect((await state('detection')).value).toBe(null), WITHIN);
    await page.goto(`${dashboard.url}/audit?path=/api/settings/detection`);
    await page.getByRole('cell', { name: 'Reset a setting to the server variables' }).first().waitFor();
    await page.goto(`${dashboard.url}/keys`);
    await page.getByRole('region', { name: 'New API key' }).getByRole('textbox').first().fill('for a week');
    await page
      .getByRole('combobox', { name: 'Expires' })
      .or(page.getByRole('textbox', { name: 'Expires' }))
      .click();
    await page.getByRole('option', { name: 'in 7 days' }).click();
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Copy it now').waitFor();
    const made = (await api.send(call('GET /api/keys'))).items.find(({ name }) => name === 'for a week');
    const days = (Date.parse(made?.expires_at ?? '') - Date.parse(made?.created_at ?? '')) / 86_400_000;
    expect(days).toBeCloseTo(7, 1);
    expect(problems.filter((problem) => !problem.includes('409'))).toEqual([]);
  } finally {
    await browser.close();
  }
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, HttpClient } from '@benchwire/shared/client/http-client.ts';
import { analytics } from '@benchwire/shared/contracts/analytics.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bw } from '../support/bw.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Analytics from end to end: outcomes of two releases on the stream, then the CLI, the API and the report. */
let fixture: StackFixture;
let api: HttpClient;
const folder = mkdtempSync(join(tmpdir(), 'bw-analytics-'));
beforeAll(async () => {
  fixture = await StackFixture.start({});
  const key = fixture.stack.env.BENCHWIRE_API_KEY ?? '';
  api = new HttpClient({
    url: fixture.stack.service('gateway').http_url,
    headers: { Authorization: `Bearer ${key}` },
  });
}, 180_000);
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const RUNS = 8;

/** Outcomes of one release: of `bert` on two pools, and of a model that only this release has. */
async function publish(version: string, level: number): Promise<void> {
  const js = jetstream(fixture.nats);
  for (let at = 0; at < RUNS; at++) {
    const source = {
      version,
      branch: 'main',
      author: 'Ada Lovelace',
      commit: `${version.replace('.', 'c')}00000${at}`,
    };
    const measured = (task_id: string, pool: string, value: number, model = 'bert') =>
      outcomeWith(value * (1 + at / 1000), { run_id, task_id, pool, fingerprint: pool, model, source });
    const run_id = newRunId();
    for (const outcome of [
      measured('cpu', 'cpu-12345678', level),
      measured('cuda', 'cuda-12345678', 1),
      measured('own', 'cpu-12345678', 3, `only-${version}`),
    ])
      await js.publish(outcomeSubject(outcome), JSON.stringify(outcome));
  }
}

it('compares two releases over HTTP and in the terminal, by the same numbers', async () => {
  await publish('1.4', 10);
  await publish('1.5', 12);
  const query = {
    metric: ['latency_ms'],
    period: 'version:1.5',
    baseline: 'version:1.4',
    normalise_to: 'cuda-12345678',
  };
  const found = await vi.waitFor(
    async () => {
      const answer = analytics.parse(await api.send(call('GET /api/analytics', { query })));
      const runs = answer.rows.flatMap(({ cells }) => cells.flatMap((cell) => (cell === null ? [] : [cell.runs])));
      expect(runs).toEqual(Array.from({ length: 6 }, () => RUNS));
      return answer;
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(found.rows.map(({ model, pool, differences }) => `${model} ${pool} ${differences[1]?.verdict}`)).toEqual([
    'bert cpu-12345678 worse',
    expect.stringMatching(/^only-1/),
    expect.stringMatching(/^only-1/),
    'bert cuda-12345678 same',
  ]);
  expect(found.rows[0]?.differences[1]).toMatchObject({ basis: 'repeated_runs' });
  expect(found.rows[0]?.differences[1]?.change_percent).toBeCloseTo(20, 6);
  expect(found.rows[0]?.relative).toEqual([expect.closeTo(10, 6), expect.closeTo(12, 6)]);
  const cpu = found.groups.find(({ of, name }) => of === 'hardware' && name === 'cpu-12345678');
  expect(cpu).toMatchObject({ rows: 1, worse: 1, only_baseline: 1, only_period: 1 });

  const asked = ['--period', 'version:1.5', '--baseline', 'version:1.4', '--metric', 'latency_ms'];
  const env = fixture.stack.env;
  const json = await bw(['analytics', ...asked, '--normalise-to', 'cuda-12345678', '--json'], { env });
  expect(JSON.parse(json.stdout)).toEqual(found);
  const table = await bw(['analytics', ...asked], { env });
  expect(table.stdout).toContain('version 1.5 compared with version 1.4');
  expect(table.stdout).toMatch(/worse +\+20\.0 % .*latency_ms +bert/);
  const file = join(folder, 'analytics.html');
  expect((await bw(['analytics', ...asked, '--format', 'html', '--output', file], { env })).code).toBe(0);
  const page = readFileSync(file, 'utf8');
  for (const text of ['<h1>Analytics</h1>', '▼ worse', '+20.0 %', 'Measured on one side only', 'only-1.4'])
    expect(page).toContain(text);
  expect(page).not.toMatch(/<script|https?:/);
}, 120_000);

it('says what a period is where one is not readable', async () => {
  const refused = api.send(call('GET /api/analytics', { query: { baseline: 'last month' } }));
  await expect(refused).rejects.toMatchObject({ status: 400, code: 'QUERY_INVALID' });
  const { code, stderr } = await bw(['analytics', '--period', 'version:1.5'], { env: fixture.stack.env });
  expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining('needs a baseline') });
});

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, HttpClient } from '@benchwire/shared/client/http-client.ts';
import { analytics } from '@benchwire/shared/contracts/analytics.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import {
  AGGREGATES_SUBJECTS,
  type SeriesAggregate,
  seriesAggregate,
  seriesAggregateSubject,
} from '@benchwire/shared/contracts/series-aggregate.ts';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bw } from '../support/bw.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Analytics from end to end: outcomes of two releases on the stream, then the CLI, the API and the report. */
let fixture: StackFixture;
let api: HttpClient;
let url: string;
let authorization: string;
const folder = mkdtempSync(join(tmpdir(), 'bw-analytics-'));
beforeAll(async () => {
  fixture = await StackFixture.start({});
  url = fixture.stack.service('gateway').http_url;
  authorization = `Bearer ${fixture.stack.env.BENCHWIRE_API_KEY ?? ''}`;
  api = new HttpClient({ url, headers: { Authorization: authorization } });
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

const WITHIN = { timeout: 60_000, interval: 100 };

/** Frames of a topic of the WebSocket, as they come. */
async function listen(topic: string): Promise<{ frames: Array<Record<string, unknown>>; close: () => void }> {
  const options: unknown = { headers: { authorization } };
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`, options as string[]);
  const frames: Array<Record<string, unknown>> = [];
  socket.onmessage = ({ data }) => frames.push(JSON.parse(String(data)));
  await new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
  });
  socket.send(JSON.stringify({ op: 'subscribe', id: 'a', topic }));
  await vi.waitFor(() => expect(frames).toContainEqual({ op: 'subscribed', id: 'a' }), WITHIN);
  return { frames, close: () => socket.close() };
}

it('publishes what a series comes to, on NATS and the WebSocket, and no more than once a second', async () => {
  const heard: SeriesAggregate[] = [];
  const subscription = fixture.nats.subscribe(AGGREGATES_SUBJECTS, {
    callback: (_, message) => {
      const aggregate = seriesAggregate.parse(message.json());
      expect(message.subject).toBe(seriesAggregateSubject(aggregate.series_id));
      if (aggregate.model === 'burst') heard.push(aggregate);
    },
  });
  const live = await listen('aggregates');
  const js = jetstream(fixture.nats);
  const started = performance.now();
  const POINTS = 200;
  for (let at = 1; at <= POINTS; at++) {
    // The last one is slower, and by more than noise.
    const outcome = outcomeWith(at === POINTS ? 20 : 10 + (at % 5) / 100, { model: 'burst' });
    await js.publish(outcomeSubject(outcome), JSON.stringify(outcome));
  }
  await vi.waitFor(() => expect(heard.at(-1)?.count).toBe(POINTS), WITHIN);
  const seconds = (performance.now() - started) / 1000;
  expect(heard.length).toBeLessThanOrEqual(1 + seconds);
  const last = heard.at(-1) as SeriesAggregate;
  expect(last).toMatchObject({
    value: 20,
    verdict: 'worse',
    basis: 'history',
    direction: 'lower_is_better',
    unit: 'ms',
  });
  expect(last.median).toBeCloseTo(10.02, 2);
  expect(last.ci_low).toBeGreaterThanOrEqual(10);
  expect(last.ci_high).toBeLessThanOrEqual(10.04);
  expect(last.change_percent).toBeCloseTo(99.6, 0);
  await vi.waitFor(
    () =>
      expect(live.frames).toContainEqual({
        id: 'a',
        topic: 'aggregates',
        kind: 'aggregates',
        sequence: null,
        data: last,
      }),
    WITHIN,
  );
  subscription.unsubscribe();
  live.close();
}, 180_000);

it('a reader of aggregates that is too slow loses some, is told how many, and delays no other', async () => {
  const { rows } = await fixture.client.query('series', { search: 'bert' });
  const series_id = rows[0]?.series_id ?? '';
  const js = jetstream(fixture.nats);
  const [of_series, all] = [await listen(`aggregates:${series_id}`), await listen('aggregates')];
  // Opens the WebSocket by hand, subscribes with a frame whose mask is zero, and reads nothing.
  const slow = connect(Number(new URL(url).port), '127.0.0.1');
  const head = `GET /api/ws HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAuthorization: ${authorization}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}\r\n\r\n`;
  slow.write(head);
  const [opened] = (await once(slow, 'data')) as [Buffer];
  expect(opened.toString('latin1')).toContain('101 Switching Protocols');
  slow.pause();
  const frame = Buffer.from(JSON.stringify({ op: 'subscribe', id: 's', topic: 'aggregates' }));
  slow.write(Buffer.concat([Buffer.from([0x81, 0x80 | frame.length, 0, 0, 0, 0]), frame]));
  const [known] = all.frames;
  expect(known).toEqual({ op: 'subscribed', id: 'a' });
  const padding = 'x'.repeat(4000);
  for (let at = 0; at < 20_000; at++) {
    fixture.nats.publish(seriesAggregateSubject('flood'), JSON.stringify({ at, padding }));
    if (at % 1000 === 0) await fixture.nats.flush();
  }
  await fixture.nats.flush();
  const outcome = outcomeWith(10, {
    ...{ pool: 'cpu-12345678', fingerprint: 'cpu-12345678', model: 'bert', task_id: 'cpu' },
  });
  await js.publish(outcomeSubject(outcome), JSON.stringify(outcome));
  const ofKind = (frames: Array<Record<string, unknown>>): SeriesAggregate[] =>
    frames.flatMap(({ kind, data }) => (kind === 'aggregates' ? [data as SeriesAggregate] : []));
  await vi.waitFor(() => expect(ofKind(all.frames).at(-1)?.run_id).toBe(outcome.run_id), WITHIN);
  for (const aggregate of ofKind(of_series.frames)) expect(aggregate.series_id).toBe(series_id);
  let read = '';
  slow.on('data', (part) => {
    read = read.slice(-1000) + part.toString('latin1');
    const lagging = /"op":"lagging","id":"s","dropped":(\d+)/.exec(read);
    if (lagging !== null) dropped = Math.max(dropped, Number(lagging[1]));
  });
  let dropped = 0;
  slow.resume();
  await vi.waitFor(() => expect(dropped).toBeGreaterThan(0), WITHIN);
  slow.destroy();
  of_series.close();
  all.close();
}, 180_000);

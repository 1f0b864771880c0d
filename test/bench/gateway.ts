import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@benchwire/shared/client/client.ts';
import { type BenchStack, startBenchStack, until } from './bench-stack.ts';
import { PAGES, type Places } from './gateway/pages.ts';
import { type BenchResult, type Case, pairedCaseOf, percentile, round, say } from './report.ts';

const here = (file: string): string => fileURLToPath(new URL(`./gateway/${file}`, import.meta.url));

/** 200 results a run; 40 columns of samples. */
const RUNS = 5000;
const SAMPLES_PER_COLUMN = 500;
const LOADS = 30;
const CLIENTS = 200;
const BUSY_TASKS = 600;
const GOAL_PAGE_MS = 200;
const GOAL_LIVE_MS = 250;
const LOAD_SECONDS = 3;
const CONNECTIONS = 16;

/**
 * The gateway before a large history: the queries of each page, a busy run with 200 WebSocket clients, and `GET status` against
 * a bare Fastify route. `BENCH_GATEWAY_RUNS` makes the history smaller; what there was is in the result.
 */
export async function gateway(rounds: number): Promise<BenchResult> {
  const runs = Number(process.env.BENCH_GATEWAY_RUNS || RUNS);
  let filled = { results: 0, samples: 0 };
  const bench = await startBenchStack({
    // The load is no caller to be held back.
    env: { RATE_LIMIT_PER_MINUTE: '100000000' },
    prepare: async ({ clickhouse }) => {
      filled = await fill(clickhouse, runs);
    },
  });
  try {
    const gateway = bench.stack.service('gateway').http_url;
    const key = bench.stack.env.BENCHWIRE_API_KEY ?? '';
    const pages = await timePages(gateway, key, await placesOf(bench, runs));
    const live = await timeLive(bench, gateway, key);
    const status = await timeStatus(bench, gateway, key, Math.max(5, rounds));
    return { ...status, name: 'gateway', ...filled, pages, live };
  } finally {
    await bench.stop();
  }
}

async function fill(path: string, runs: number): Promise<{ results: number; samples: number }> {
  say(`filling ClickHouse with ${runs} runs …`);
  const began = performance.now();
  const child = fork(here('fill-history.ts'), [path, String(runs), String(SAMPLES_PER_COLUMN)]);
  let filled = { results: 0, samples: 0 };
  child.on('message', (message: { runs?: number } & typeof filled) => {
    if (message.runs === undefined) filled = message;
    else if (message.runs % 1000 === 0) say(`  ${message.runs} runs`);
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the history could not be made: exit code ${code}`);
  say(`${filled.results} results and ${filled.samples} samples in ${Math.round((performance.now() - began) / 1000)} s`);
  return { results: filled.results, samples: filled.samples };
}

/** Different ones for each load, so that no answer is a repeated one. */
async function placesOf(bench: BenchStack, runs: number): Promise<Places> {
  const series = await bench.query('series', { limit: 1000 });
  const run_ids = (await bench.query('runs', { limit: Math.min(1000, runs) })).map(({ run_id }) => run_id);
  return { run_ids, series };
}

/** Each page's questions at once, as the page asks them; milliseconds of every answer. */
async function timePages(gateway: string, key: string, places: Places): Promise<Case[]> {
  const headers = { authorization: `Bearer ${key}` };
  const times = new Map<string, number[]>(PAGES.map(({ name }) => [name, []]));
  const slowest = new Map<string, { path: string; ms: number }>();
  const ask = async (
    page: string,
    { path, body }: { path: string; body?: unknown },
    counts: boolean,
  ): Promise<void> => {
    const began = performance.now();
    const response = await fetch(`${gateway}${path}`, {
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    const ms = performance.now() - began;
    if (!counts) return;
    times.get(page)?.push(ms);
    if (ms > (slowest.get(page)?.ms ?? 0)) slowest.set(page, { path, ms: round(ms) });
  };
  for (let load = 0; load <= LOADS; load++) {
    for (const { name, questions } of PAGES) {
      // The first load opens what later ones find open.
      await Promise.all(questions(places, load).map((question) => ask(name, question, load > 0)));
    }
  }
  return PAGES.map(({ name }) => {
    const of = times.get(name) ?? [];
    const p95 = round(percentile(of, 95));
    say(`page ${name}: p95 ${p95} ms, slowest ${JSON.stringify(slowest.get(name))}`);
    return {
      ...{ name, ours: p95, baseline: GOAL_PAGE_MS, ratio: round(p95 / GOAL_PAGE_MS), unit: 'ms, p95' },
      ...{ median_ms: round(percentile(of, 50)), answers: of.length, slowest: slowest.get(name) },
    };
  });
}

interface Heard {
  counts: number[];
  latencies: number[];
}

/** 200 clients on a run, in a process of their own; resolves once all of them have subscribed. */
async function startClients(url: string, key: string, run_id: string): Promise<(expected: number) => Promise<Heard>> {
  const clients = fork(here('live-clients.ts'));
  const died = once(clients, 'exit').then(() => {
    throw new Error('the process of the clients has ended');
  });
  died.catch(() => undefined);
  const told = (what: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const listen = (message: Record<string, unknown>): void => {
        if ('error' in message) reject(new Error(`a client: ${message.error}`));
        if (!(what in message)) return;
        clients.off('message', listen);
        resolve(message);
      };
      clients.on('message', listen);
    });
  const subscribed = told('subscribed');
  clients.send({ url, key, run_id, clients: CLIENTS });
  await Promise.race([subscribed, died]);
  return async (expected) => {
    const done = told('counts');
    clients.send({ expected });
    return (await Promise.race([done, died])) as Heard;
  };
}

const missingOf = ({ counts }: Heard, expected: number): number =>
  counts.reduce((sum, count) => sum + Math.max(0, expected - count), 0);
const doubledOf = ({ counts }: Heard, expected: number): number =>
  counts.reduce((sum, count) => sum + Math.max(0, count - expected), 0);

/**
 * Whether 200 clients hear every message of a busy run, and how long after a task has ended; and how long all of them take to hear
 * everything again when they come back at once.
 */
async function timeLive(bench: BenchStack, url: string, key: string): Promise<Case> {
  const run_id = await bench.submit({
    name: 'busy',
    tasks: [{ task_id: 't', executor: 'noop', repetitions: BUSY_TASKS, placement: 'any', config: { sleep_ms: 20 } }],
  });
  const hear = await startClients(url, key, run_id);
  await until(
    'the run is over',
    async () => (await bench.query('run', { run_id }))[0]?.state === 'finished',
    200,
    300_000,
  );
  const client = new Client(bench.nats);
  let expected = 0;
  for await (const _ of await client.watch({ run_id, streams: ['events', 'outcomes'], until: 'caught_up' })) expected++;
  const heard = await hear(expected);
  const began = performance.now();
  const heardAgain = await (await startClients(url, key, run_id))(expected);
  const again_seconds = round((performance.now() - began) / 1000);

  const p99 = round(percentile(heard.latencies, 99));
  const [missing, doubled] = [missingOf(heard, expected), doubledOf(heard, expected)];
  const [missing_again, doubled_again] = [missingOf(heardAgain, expected), doubledOf(heardAgain, expected)];
  say(
    `live: ${expected} messages to each of ${CLIENTS} clients, ${missing} missing, ${doubled} doubled, p99 ${p99} ms; ` +
      `all of them again in ${again_seconds} s, ${missing_again} missing, ${doubled_again} doubled`,
  );
  return {
    ...{ name: 'live', ours: p99, baseline: GOAL_LIVE_MS, ratio: round(p99 / GOAL_LIVE_MS), unit: 'ms, p99' },
    ...{ clients: CLIENTS, messages: expected, missing, doubled },
    ...{ median_ms: round(percentile(heard.latencies, 50)), timed: heard.latencies.length },
    ...{ again_seconds, missing_again, doubled_again },
  };
}

/** Answers a second of a run's status, against a bare Fastify route that gives an object of the same size. */
async function timeStatus(bench: BenchStack, url: string, key: string, rounds: number): Promise<Case> {
  const run_id = await bench.submit({ tasks: [{ task_id: 'one', executor: 'noop' }] });
  await until(
    'the run is over',
    async () => (await bench.query('run', { run_id }))[0]?.state === 'finished',
    100,
    60_000,
  );
  const path = `${url}/api/benchmark/status/${run_id}`;
  const body = await (await fetch(path, { headers: { authorization: `Bearer ${key}` } })).text();
  const bare = spawn(process.execPath, [here('bare-fastify.ts'), body], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = await once(bare.stdout, 'data');
    const load = async (address: string, secret = ''): Promise<number> => {
      const args = [here('http-load.ts'), address, String(CONNECTIONS), String(LOAD_SECONDS), secret];
      return Number((await promisify(execFile)(process.execPath, args)).stdout);
    };
    const bareUrl = `http://127.0.0.1:${String(port).trim()}/status`;
    await load(path, key);
    await load(bareUrl);
    const ours: number[] = [];
    const baseline: number[] = [];
    for (let i = 0; i < rounds; i++) {
      ours.push(await load(path, key));
      baseline.push(await load(bareUrl));
    }
    return pairedCaseOf('status', 'requests/s', ours, baseline, { connections: CONNECTIONS });
  } finally {
    bare.kill();
    await once(bare, 'exit');
  }
}

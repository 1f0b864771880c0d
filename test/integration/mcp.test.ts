import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { jetstream } from '@nats-io/jetstream';
import * as o200k from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { publisher } from '../support/publisher.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Agents' questions, by the SDK's own client, to a real stack: over HTTP at the gateway, and over the pipes of `bw mcp`. */
const FAILING = 120;
const FINDINGS = 130;
const MAX_TOKENS = 2000;
const WITHIN = { timeout: 120_000, interval: 200 };
const data_dir = mkdtempSync(join(tmpdir(), 'bw-mcp-'));
let fixture: StackFixture;
let stack: LocalStack;
let url: string;
const keys = { viewer: '', submitter: '' };
const open: Client[] = [];
let run_id = '';
let worker_id = '';
let pool = '';
let viewer: Client;

const LOUD = `console.log('begins'); for (let i = 0; i < 400; i++) console.log('line ' + i + ' of a long log that nobody can read at once'); process.exitCode = 3;`;

beforeAll(async () => {
  fixture = await StackFixture.start({ dataDir: data_dir, env: { WORKER_COMMANDS: 'node', LOG_LEVEL: 'warn' } });
  ({ stack } = fixture);
  url = stack.service('gateway').http_url;
  for (const role of ['viewer', 'submitter'] as const)
    keys[role] = (await createApiKey(fixture.nats, { name: `agent-${role}`, role })).key;
  const failing = Array.from({ length: FAILING }, (_, at) => ({
    ...{ task_id: `broken-${at}`, executor: 'noop', config: { behaviour: 'fail', retriable: false } },
  }));
  const loud = { task_id: 'loud', executor: 'command', config: { command: ['node', '-e', LOUD] } };
  const good = { task_id: 'vad', config: { model: 'silero-vad-v5', iterations: 5, warmup_iterations: 1 } };
  const retries = { retry_policy: { max_retries: 0 } };
  const tasks = [...failing, loud, good].map((task) => ({ ...task, ...retries }));
  ({ run_id } = await fixture.client.submit({ name: 'nightly', tasks }));
  await fixture.client.finished(run_id);
  const say = publisher(jetstream(fixture.nats));
  for (let at = 0; at < FINDINGS; at++) await say.finding(run_id, `5e71e5${at}`);
  await vi.waitFor(async () => {
    const { rows } = await fixture.client.query('findings', { limit: 1000 });
    expect(rows.length).toBeGreaterThanOrEqual(FINDINGS);
    const [run] = (await fixture.client.query('runs', {})).rows;
    expect(run).toMatchObject({ state: 'finished', failed: FAILING + 1, completed: 1 });
  }, WITHIN);
  const [worker] = (await fixture.client.query('workers', {})).rows;
  worker_id = worker?.worker_id ?? '';
  pool = worker?.pools[0] ?? '';
  viewer = await overHttp(keys.viewer);
}, 240_000);

afterAll(async () => {
  for (const client of open) await client.close();
  await fixture?.stop();
  rmSync(data_dir, { recursive: true, force: true });
}, 60_000);

async function overHttp(key: string, query = ''): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp${query}`), {
    requestInit: { headers: { Authorization: `Bearer ${key}` } },
  });
  return await connected(transport as Parameters<Client['connect']>[0]);
}

async function overPipes(args: string[] = [], env: Record<string, string> = {}): Promise<Client> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(repositoryRoot, 'cli/src/main.ts'), 'mcp', ...args],
    env: { PATH: process.env.PATH ?? '', ...env },
    stderr: 'ignore',
  });
  return await connected(transport);
}

async function connected(transport: Parameters<Client['connect']>[0]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  open.push(client);
  return client;
}

/** Every answer is checked for its size. */
async function ask(client: Client, name: string, args: Record<string, unknown> = {}) {
  const answer = await client.callTool({ name, arguments: args });
  const [part] = answer.content as { type: string; text: string }[];
  const text = part?.text ?? '';
  expect(o200k.encode(text).length, text).toBeLessThanOrEqual(MAX_TOKENS);
  return { text, is_error: answer.isError === true };
}

/** All pages of an answer. */
async function askAll(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string[]> {
  const pages: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { text, is_error } = await ask(client, name, cursor === '' ? args : { ...args, cursor });
    expect(is_error, text).toBe(false);
    pages.push(text);
    expect(pages.length).toBeLessThan(100);
    cursor = /MORE.*cursor="([^"]*)"$/.exec(text)?.[1];
  }
  return pages;
}

describe('the tools', () => {
  it('are few, say what they take in few words, and change nothing unless that was asked for', async () => {
    const { tools } = await viewer.listTools();
    const writing = await overHttp(keys.submitter, '?allow_writes=true');
    const all = (await writing.listTools()).tools;
    expect(all.length).toBeLessThanOrEqual(12);
    expect(o200k.encode(JSON.stringify(all)).length).toBeLessThanOrEqual(3000);
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint === true)).toBe(true);
    const only = all.filter(({ name }) => !tools.some((each) => each.name === name)).map(({ name }) => name);
    expect(only).toEqual(['start_run', 'decide_finding']);
  });

  it('answer "why is it red" with every failed task, page by page, and with the log of one', async () => {
    const { text } = await ask(viewer, 'overview');
    expect(text).toContain('FAILING');
    expect(text).toContain(run_id);
    const pages = await askAll(viewer, 'why_red');
    expect(pages.length).toBeGreaterThan(1);
    expect(pages[0]).toContain(`RED: ${FAILING + 1} tasks failed`);
    const tasks = pages.flatMap((page) => [...page.matchAll(/^TASK task_id=(\S+)/gm)].map(([, id]) => id));
    expect(new Set(tasks).size).toBe(FAILING + 1);
    expect(tasks).toHaveLength(FAILING + 1);
    const log = (await askAll(viewer, 'why_red', { run_id, task_id: 'loud' })).join('\n');
    expect(log).toContain('line 399 of a long log');
    expect(log).toMatch(/status=failed/);
  });

  it('answer "what got slower since Monday" with every finding', async () => {
    const pages = await askAll(viewer, 'what_changed', { since: 'monday' });
    expect(pages.length).toBeGreaterThan(1);
    const ids = pages.flatMap((page) => [...page.matchAll(/^finding_id=(\S+)/gm)].map(([, id]) => id));
    expect(new Set(ids).size).toBe(FINDINGS);
    expect(ids).toHaveLength(FINDINGS);
    const one = await ask(viewer, 'explain_finding', { finding_id: ids[0] });
    expect(one.text).toMatch(/kind=regression[\s\S]*slower[\s\S]*baseline=1/);
    const later = await ask(viewer, 'what_changed', { since: '2150-01-01' });
    expect(later.text).toContain('none');
  });

  it('answer "is device X sick"', async () => {
    const healthy = await ask(viewer, 'device_health', { device: pool });
    expect(healthy.text).toContain(`worker=${worker_id}`);
    expect(healthy.text).toMatch(/temperature=/);
    expect(healthy.text).toMatch(/FAILURES pool=.*attempts_in_24h=\d+/);
    const unknown = await ask(viewer, 'device_health', { device: 'h100' });
    expect(unknown).toMatchObject({ is_error: true });
    expect(unknown.text).toContain(worker_id);
    const admin = stack.env.BENCHWIRE_API_KEY;
    await fetch(`${url}/api/workers/${worker_id}/quarantine`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'fan is loud' }),
    });
    await vi.waitFor(async () => {
      const { text } = await ask(viewer, 'device_health', { device: worker_id });
      expect(text).toMatch(/SICK[\s\S]*TROUBLE=quarantined: .*fan is loud/);
    }, WITHIN);
  });

  it('answer "how do I reproduce this" with commands, the environment and the whole request', async () => {
    const pages = await askAll(viewer, 'how_to_reproduce', { run_id, task_id: 'vad' });
    expect(pages[0]).toContain(`bw repro ${run_id}/vad`);
    expect(pages[0]).toContain('ENVIRONMENT');
    const lines = pages.flatMap((page) =>
      page.split('\n').filter((line) => !/^(MORE|Again|On any|worker=|ENV|REQ)/.test(line)),
    );
    const request = JSON.parse(lines.join('\n')) as { tasks: unknown[] };
    expect(request.tasks).toHaveLength(FAILING + 2);
  });

  it('list runs and series, show a history and compare', async () => {
    expect((await ask(viewer, 'list_runs', { status: 'failed' })).text).toContain(run_id);
    const { text } = await ask(viewer, 'list_series', { search: 'latency_ms' });
    const series_id = /series_id=(\S+)/.exec(text)?.[1] ?? '';
    const history = await ask(viewer, 'series_history', { series_id });
    expect(history.text).toMatch(/value=[\d.]+ ms/);
    expect(history.text).toContain('UNKNOWN'); // one point has no level
    const compared = await ask(viewer, 'compare', { by: 'run', values: [run_id, run_id] });
    expect(compared.text.length).toBeGreaterThan(0);
  });

  it('say what is wrong with arguments', async () => {
    const cases: ReadonlyArray<[string, Record<string, unknown>, RegExp]> = [
      ['what_changed', { since: 'soon' }, /since: "soon" is not a time\. It takes a date/],
      ['what_changed', { sinse: '7d' }, /there is no field "sinse" here\. Did you mean "?since/],
      ['list_runs', { status: 'fail' }, /status: is the text "fail": use one of .*failed/],
      ['explain_finding', {}, /finding_id: is missing/],
      ['explain_finding', { finding_id: 'none' }, /NOT_FOUND/],
      ['why_red', { run_id: newRunId() }, /NOT_FOUND/],
      ['why_red', { cursor: 'nonsense' }, /use the cursor of the answer before/],
      ['how_to_reproduce', {}, /give finding_id, or run_id/],
      ['whats_changed', {}, /no tool "whats_changed"\. Did you mean what_changed/],
      ['start_run', { request: {} }, /read-only: `bw mcp --allow-writes`/],
    ];
    for (const [name, args, message] of cases) {
      const { text, is_error } = await ask(viewer, name, args);
      expect(text).toMatch(message);
      expect(is_error).toBe(true);
    }
  });
});

describe('changes', () => {
  const request = { name: 'by an agent', tasks: [{ task_id: 'a', executor: 'noop' }] };

  it('need the role: a viewer that asks for them is refused by the API, and nothing starts', async () => {
    const client = await overHttp(keys.viewer, '?allow_writes=true');
    const { text, is_error } = await ask(client, 'start_run', { request });
    expect(text).toMatch(/ROLE_TOO_LOW: This needs the role submitter/);
    expect(is_error).toBe(true);
    expect((await ask(viewer, 'list_runs', { search: 'by an agent' })).text).toContain('No such runs');
  });

  it('are made with the role, checked before, and audited', async () => {
    const client = await overHttp(keys.submitter, '?allow_writes=true');
    const wrong = await ask(client, 'start_run', {
      request: { tasks: [{ task_id: 'a', executor: 'nop' }] },
      dry_run: true,
    });
    expect(wrong.text).toMatch(/It would be refused:[\s\S]*executor/);
    const { text } = await ask(client, 'start_run', { request });
    const started = /run_id=(\S+)/.exec(text)?.[1];
    expect(started).toBeDefined();
    await vi.waitFor(async () => {
      const audit = await fetch(`${url}/api/audit?subject=agent-submitter`, {
        headers: { authorization: `Bearer ${stack.env.BENCHWIRE_API_KEY}` },
      });
      expect(await audit.text()).toContain('/api/runs');
    }, WITHIN);
  });
});

describe('/mcp', () => {
  const post = (headers: Record<string, string>, body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', query = '') =>
    fetch(`${url}/mcp${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body,
    });
  const key = () => ({ authorization: `Bearer ${keys.viewer}` });

  it('is closed without a key, with an unknown one, and with a cookie', async () => {
    expect(await (await post({})).json()).toMatchObject({ status: 401, code: 'AUTH_MISSING' });
    expect(await (await post({ authorization: 'Bearer bw_no' })).json()).toMatchObject({ code: 'KEY_UNKNOWN' });
    const session = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: keys.viewer }),
    });
    const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(session.status).toBe(200);
    expect((await post({ cookie, 'x-benchwire-csrf': '1' })).status).toBe(401);
  });

  it('answers every wrong request with what is wrong, and with no 5xx', async () => {
    expect((await fetch(`${url}/mcp`, { headers: key() })).status).toBe(405);
    expect((await fetch(`${url}/mcp`, { method: 'DELETE', headers: key() })).status).toBe(405);
    expect(await (await post(key(), undefined, '?writes=1')).json()).toMatchObject({
      status: 400,
      code: 'QUERY_INVALID',
    });
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '1',
      '{"jsonrpc":"2.0"}',
      '{"jsonrpc":"2.0","id":1,"method":"nothing"}',
      '[[]]',
    ])
      expect((await post(key(), body)).status, body).toBeLessThan(500);
    expect((await post(key(), `{"a":"${'x'.repeat(2e6)}"}`)).status).toBe(413);
    const called = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'overview', arguments: [] } };
    expect((await post(key(), JSON.stringify(called))).status).toBeLessThan(500);
  });
});

describe('bw mcp', () => {
  it('serves the local stack read-only, and says what it serves', async () => {
    const client = await overPipes([], { BENCHWIRE_DATA_DIR: data_dir });
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain('start_run');
    expect((await ask(client, 'why_red')).text).toContain(run_id);
  }, 60_000);

  it('serves another gateway with a key, with the tools that change when asked', async () => {
    const client = await overPipes(['--url', url, '--allow-writes'], { BENCHWIRE_API_KEY: keys.viewer });
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('start_run');
    expect((await ask(client, 'start_run', { request: {} })).text).toContain('ROLE_TOO_LOW');
    expect((await ask(client, 'overview')).text).toContain(run_id);
  }, 60_000);
});

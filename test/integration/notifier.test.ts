import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyNotifyRules, askNotifier, notifySilences } from '@benchwire/shared/client/notify.ts';
import { sentNotifications } from '@benchwire/shared/client/sent-notifications.ts';
import { eventOf } from '@benchwire/shared/contracts/event.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { notifyRules } from '@benchwire/shared/contracts/notify.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { aFinding, nextState, sayFinding } from '../support/findings.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };
const waitFor = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, PATIENCE);

interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  text: string;
  body: Record<string, unknown>;
}

type Answer = { status: number; body?: object; headers?: Record<string, string> };

/** The other side: keeps what it gets, and answers what it is told to. */
class OtherSide {
  readonly received: Received[] = [];
  answer: (received: Received) => Answer = () => ({ status: 200 });
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const body = text.startsWith('{') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
      const one = { path: request.url ?? '', headers: request.headers, text, body };
      const { status, body: said = {}, headers = {} } = this.answer(one);
      if (status === 200) this.received.push(one);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(said));
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

let fixture: NatsFixture;
let other: OtherSide;
let url: string;
let folder: string;
let notifiers: SpawnedService[] = [];

beforeAll(async () => {
  fixture = await natsFixture();
  folder = mkdtempSync(join(tmpdir(), 'bw-notify-'));
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const stream of ['FINDINGS', 'EVENTS', 'NOTIFICATIONS']) await fixture.manager.streams.purge(stream);
  await fixture.manager.streams.purge('KV_notify').catch(() => undefined);
  other = new OtherSide();
  url = await other.listen();
});
afterEach(async () => {
  await Promise.all(notifiers.map((each) => each.stop()));
  notifiers = [];
  await other.stop();
});

async function start(env: Record<string, string> = {}): Promise<SpawnedService> {
  const dashboard = { DASHBOARD_URL: 'https://bench.example.com/' };
  const notifier = spawnService('notifier', { ...fixture.servers.env, LOG_LEVEL: 'info', ...dashboard, ...env });
  notifiers.push(notifier);
  await waitFor(() => expect(notifier.port()).toBeDefined());
  return notifier;
}

/** Rules with short waits. */
async function apply(receivers: object[], route: object, more: object = {}): Promise<void> {
  const written = { receivers, route: { wait_seconds: 0, interval_seconds: 0, ...route }, ...more };
  await applyNotifyRules(fixture.nats, { text: '', rules: notifyRules.parse(written), by: 'test', now_ms: Date.now() });
}

const say = (found: Finding): Promise<unknown> => sayFinding(fixture.client, found);

const WEBHOOK = { name: 'hook', connector: 'webhook' };

it('sends a confirmed finding once, signed, with what people need; and what changes', async () => {
  const secret_file = join(folder, 'secret');
  writeFileSync(secret_file, 's3cret\n');
  await start();
  await apply([{ ...WEBHOOK, url, secret: { file: secret_file } }], { receiver: 'hook' });
  other.answer = () => ({ status: 200, body: { id: 'theirs-1' } });
  const suspected = aFinding({ state: 'suspected', history: [] });
  await say(suspected);
  await say(nextState(suspected, 'confirmed'));
  const [first] = await waitFor(() => {
    expect(other.received).toHaveLength(1);
    return other.received;
  });
  expect(first?.body).toMatchObject({ reason: 'new', revision: 1, external_id: null, severity: 'critical' });
  expect(first?.body.title).toBe('Regression: encode (bert.onnx) latency_ms +25.0 %, batch 8');
  const [item] = (first?.body.items ?? []) as Array<{
    facts: Array<{ label: string; text: string }>;
    url: string;
    command: string;
  }>;
  expect(item?.url).toBe(`https://bench.example.com/findings/${encodeURIComponent(suspected.finding_id)}`);
  expect(item?.command).toBe(`bw repeat ${suspected.run_id}`);
  expect(Object.fromEntries((item?.facts ?? []).map(({ label, text }) => [label, text]))).toMatchObject({
    ...{ Change: '10 → 12.5 ms', Device: 'cpu-12345678', Commit: 'aaaaaaaaaa..bbbbbbbbbb', Branch: 'main' },
    'Usual range': expect.stringMatching(/^9\.7.* to 10\.\d+ ms/),
  });
  const signature = createHmac('sha256', 's3cret')
    .update(first?.text ?? '')
    .digest('hex');
  expect(first?.headers['benchwire-signature']).toBe(`sha256=${signature}`);

  const confirmed = nextState(suspected, 'confirmed');
  await say(nextState(confirmed, 'went_away'));
  await waitFor(() => expect(other.received).toHaveLength(2));
  expect(other.received[1]?.body).toMatchObject({ reason: 'changed', revision: 2, external_id: 'theirs-1' });
  expect(other.received[1]?.headers['idempotency-key']).not.toBe(first?.headers['idempotency-key']);
});

it('tries again what was not taken, waits as long as it is told, and gives up what is refused', async () => {
  await start();
  await apply([{ ...WEBHOOK, url }], { receiver: 'hook' });
  const answers: Answer[] = [{ status: 500 }, { status: 429, headers: { 'retry-after': '2' } }, { status: 200 }];
  const times: number[] = [];
  const keys = new Set<unknown>();
  other.answer = ({ headers }) => {
    times.push(Date.now());
    keys.add(headers['idempotency-key']);
    return answers.shift() ?? { status: 404, body: { error: 'no such hook' } };
  };
  await say(aFinding());
  await waitFor(() => expect(other.received).toHaveLength(1));
  expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(1900);
  expect(keys.size).toBe(1);

  await say(aFinding({ pool: 'cpu-00000002', source: null }));
  const failed = await waitFor(async () => {
    const found = (await sentNotifications(fixture.nats)).find(({ delivery }) => delivery?.state === 'failed');
    expect(found?.delivery?.reason).toBe('HTTP 404: {"error":"no such hook"}');
    return found;
  });
  other.answer = () => ({ status: 200 });
  const message_id = failed?.message.message_id ?? '';
  expect(await askNotifier(fixture.nats, { command: 'resend', message_id })).toMatchObject({ ok: true });
  await waitFor(() => expect(other.received.at(-1)?.body.message_id).toBe(message_id));
});

it('delivers each message once per revision while it is killed again and again', async () => {
  await apply([{ ...WEBHOOK, url }], { receiver: 'hook', group_by: ['series'] });
  const counts = new Map<unknown, number>();
  const alerts = new Map<string, Set<unknown>>();
  other.answer = ({ headers, body }) => {
    const key = headers['idempotency-key'];
    counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const alert_id of Object.keys(body.alerts as object)) {
      const messages = alerts.get(alert_id) ?? new Set();
      alerts.set(alert_id, messages.add(body.message_id));
    }
    return { status: 200 };
  };
  const findings = Array.from({ length: 120 }, (_, i) => aFinding({ series_id: `s${i}`, pool: `cpu-${i}` }));
  for (const each of findings.slice(0, 40)) await say(each);
  for (let round = 0; round < 4; round++) {
    const notifier = await start();
    const before = counts.size;
    await waitFor(() => expect(counts.size).toBeGreaterThan(before + 5));
    for (const each of findings.slice(40 + round * 20, 60 + round * 20)) await say(each);
    await notifier.stop('SIGKILL');
  }
  await start();
  await waitFor(() => expect(alerts.size).toBe(findings.length));
  await waitFor(async () => {
    const sent = await sentNotifications(fixture.nats);
    expect(sent.every(({ delivery }) => delivery?.state === 'sent')).toBe(true);
    expect(new Set(counts.keys()).size).toBe(sent.length);
  });
  // In one message each, which came more than once only under the same key.
  for (const messages of alerts.values()) expect(messages.size).toBe(1);
  const again = [...counts.values()].filter((count) => count > 1).length;
  expect(again).toBeLessThanOrEqual(4);
});

it('has one of two notifiers send, and the other one when that is killed', async () => {
  const first = await start();
  await start();
  await apply([{ ...WEBHOOK, url }], { receiver: 'hook', group_by: ['series'] });
  await say(aFinding({ series_id: 'one' }));
  await waitFor(() => expect(other.received).toHaveLength(1));
  // Killed before it has noted that, it would be sent once more under the same key.
  await waitFor(async () => {
    const [sent] = await sentNotifications(fixture.nats);
    expect(sent?.delivery?.state).toBe('sent');
  });
  await first.stop('SIGKILL');
  await say(aFinding({ series_id: 'two' }));
  await waitFor(() => expect(other.received).toHaveLength(2));
  expect(new Set(other.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
});

it('posts to Slack, and edits what it has posted', async () => {
  await start({ SLACK_TOKEN: 'xoxb-test' });
  const slack = { name: 'chat', connector: 'slack', token: { env: 'SLACK_TOKEN' }, channel: '#perf', api_url: url };
  await apply([slack], { receiver: 'chat' });
  const posted: string[] = [];
  other.answer = ({ path, headers }) => {
    posted.push(path);
    expect(headers.authorization).toBe('Bearer xoxb-test');
    if (posted.length === 1) return { status: 429, headers: { 'retry-after': '1' } };
    return { status: 200, body: { ok: true, channel: 'C1', ts: '1700000000.000100' } };
  };
  const found = aFinding({ message: 'a <b> & c' });
  await say(found);
  await waitFor(() => expect(other.received).toHaveLength(1));
  await say(nextState(found, 'dismissed'));
  await waitFor(() => expect(other.received).toHaveLength(2));
  expect(posted).toEqual(['/chat.postMessage', '/chat.postMessage', '/chat.update']);
  expect(other.received[0]?.body.blocks).toContain('a &lt;b&gt; &amp; c');
  expect(other.received[1]?.body).toMatchObject({ channel: 'C1', ts: '1700000000.000100' });
});

it('mails text and HTML, and a change as an answer', async () => {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  try {
    await start();
    const mail = { host: '127.0.0.1', port, tls: 'none', from: 'bench@example.com', to: ['me@example.com'] };
    await apply([{ name: 'mail', connector: 'email', ...mail }], { receiver: 'mail' });
    await say(aFinding());
    await waitFor(() => expect(mails).toHaveLength(1));
    expect(mails[0]).toMatch(/^Message-ID: <[0-9a-f]{32}\.benchwire@example\.com>/im);
    expect(mails[0]).toMatch(/text\/plain[\s\S]*text\/html/);
    expect(mails[0]).toContain('bw repeat');
    expect(mails[0]).toMatch(/Content-ID: <series-1@benchwire>/i);
    const [, base64 = ''] = /Content-Type: image\/png[\s\S]*?\r\n\r\n([\s\S]+?)\r\n--/.exec(mails[0] ?? '') ?? [];
    expect(Buffer.from(base64, 'base64').subarray(1, 4).toString()).toBe('PNG');
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

it('sends Teams an adaptive card, and never more than it takes', async () => {
  await start({ TEAMS_URL: url });
  await apply([{ name: 'teams', connector: 'teams', webhook_url: { env: 'TEAMS_URL' } }], { receiver: 'teams' });
  for (let i = 0; i < 10; i++) await say(aFinding({ series_id: `s${i}`, message: 'x'.repeat(5000) }));
  await waitFor(() => expect(other.received.length).toBeGreaterThan(0));
  const [card] = (other.received[0]?.body.attachments ?? []) as Array<{
    contentType: string;
    content: { type: string };
  }>;
  expect(card).toMatchObject({
    contentType: 'application/vnd.microsoft.card.adaptive',
    content: { type: 'AdaptiveCard' },
  });
  for (const { text } of other.received) expect(Buffer.byteLength(text)).toBeLessThan(28_000);
  expect(other.received[0]?.text).toContain('data:image/png;base64,');
});

it('tells of the fleet: a lost worker, and that it is back', async () => {
  await start();
  await apply([{ ...WEBHOOK, url }], { receiver: 'hook' });
  const event = (name: 'worker.lost' | 'worker.joined', message: string): Promise<void> =>
    publishEvent(
      fixture.client,
      eventOf(name, { worker_id: 'lab-1', at_ms: Date.now(), event_id: newRunId(), message }),
    );
  await event('worker.lost', 'lab-1 is silent for 5 s');
  await waitFor(() => expect(other.received).toHaveLength(1));
  expect(other.received[0]?.body.title).toBe('Worker lost: lab-1');
  await event('worker.joined', 'lab-1 has joined');
  await waitFor(() =>
    expect(other.received.at(-1)?.body).toMatchObject({ reason: 'changed', title: 'Worker lost: lab-1 (ended)' }),
  );
});

it('keeps silent while a silence lasts, and says what is open when it ends', async () => {
  await start();
  await apply([{ ...WEBHOOK, url }], { receiver: 'hook' });
  const now = Date.now();
  const silence = { silence_id: 'quiet', match: { pool: 'cpu-1*' }, by: 'me', reason: 'new driver' };
  const times = { from: new Date(now).toISOString(), until: new Date(now + 3_600_000).toISOString() };
  await notifySilences.change(fixture.nats, () => [{ ...silence, ...times }]);
  await say(aFinding());
  await say(aFinding({ pool: 'gpu-1', source: null }));
  await waitFor(() => expect(other.received).toHaveLength(1));
  expect(other.received[0]?.text).toContain('gpu-1');
  await notifySilences.change(fixture.nats, (all) => all.map((each) => ({ ...each, until: new Date().toISOString() })));
  await waitFor(() => expect(other.received.some(({ text }) => text.includes('cpu-12345678'))).toBe(true));
});

it('says what is missing where a secret is not there, and sends it once it is', async () => {
  await start();
  const secret = join(folder, 'late');
  await apply([{ ...WEBHOOK, url: { file: secret } }], { receiver: 'hook' });
  const asked = await askNotifier(fixture.nats, { command: 'test', receiver: 'hook' });
  expect(asked.ok).toBe(true);
  await waitFor(async () => {
    const [sent] = await sentNotifications(fixture.nats);
    expect(sent?.delivery).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(`the secret in ${secret}`),
    });
  });
  writeFileSync(secret, `${url}/late`);
  await askNotifier(fixture.nats, { command: 'resend', message_id: asked.message_id ?? '' });
  await waitFor(() => expect(other.received.map(({ path }) => path)).toEqual(['/late']));
  expect(await askNotifier(fixture.nats, { command: 'test', receiver: 'nobody' })).toEqual({
    ...{ ok: false, message: 'no receiver is called "nobody": there are hook' },
  });
});

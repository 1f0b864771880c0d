import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyNotifyRules, askNotifier } from '@benchwire/shared/client/notify.ts';
import { sentNotifications } from '@benchwire/shared/client/sent-notifications.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { notifyRules } from '@benchwire/shared/contracts/notify.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { aFinding, nextState, sayFinding } from '../support/findings.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { type RecordedRequest, RecordedServer } from '../support/recorded-server.ts';
import { type SpawnedService, spawnService } from '../support/spawn-service.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };
const waitFor = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, PATIENCE);
/** One variable for all: a secret that must appear nowhere but in the requests that need it. */
const SECRET = 'sekret-0123456789';
const secret = { env: 'THE_SECRET' };
const COMMIT = 'b'.repeat(40);

let fixture: NatsFixture;
let other: RecordedServer;
let folder: string;
let notifiers: SpawnedService[] = [];

beforeAll(async () => {
  fixture = await natsFixture();
  folder = mkdtempSync(join(tmpdir(), 'bw-connectors-'));
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const stream of ['FINDINGS', 'EVENTS', 'NOTIFICATIONS']) await fixture.manager.streams.purge(stream);
  await fixture.manager.streams.purge('KV_notify').catch(() => undefined);
  other = await new RecordedServer().listen();
});
afterEach(async () => {
  await Promise.all(notifiers.map((each) => each.stop()));
  notifiers = [];
  await other.stop();
});

async function start(): Promise<SpawnedService> {
  const env = { DASHBOARD_URL: 'https://bench.example.com', THE_SECRET: SECRET, LOG_LEVEL: 'debug' };
  const notifier = spawnService('notifier', { ...fixture.servers.env, ...env });
  notifiers.push(notifier);
  await waitFor(() => expect(notifier.port()).toBeDefined());
  return notifier;
}

async function apply(receivers: object[], receiver: string): Promise<void> {
  const rules = notifyRules.parse({ receivers, route: { receiver, wait_seconds: 0, interval_seconds: 0 } });
  await applyNotifyRules(fixture.nats, { text: '', rules, by: 'test', now_ms: Date.now() });
}

const say = (found: Finding): Promise<unknown> => sayFinding(fixture.client, found);

/** Of a pull request. */
const ofPullRequest = (more: Partial<Finding> = {}): Finding =>
  aFinding({
    source: { repo: 'git@github.com:acme/bench.git', commit: COMMIT, branch: 'fast', pull_request: 7 },
    ...more,
  });

/** Waits until everything that was made is sent, and says what of it was not. */
async function allSent(messages: number): Promise<void> {
  await waitFor(async () => {
    const sent = await sentNotifications(fixture.nats);
    expect(sent.map(({ delivery }) => [delivery?.state, delivery?.reason])).toEqual(
      Array.from({ length: messages }, () => ['sent', null]),
    );
  });
}

/** What every message is to have, in whatever form. */
function expectEverything(text: string, found: Finding): void {
  const shown = text.replaceAll(/[\\\u200b]/g, '');
  expect(shown).toContain('encode (bert.onnx) latency_ms +25.0 %');
  expect(shown).toContain('10 → 12.5 ms');
  expect(shown).toMatch(/9\.7\d* to 10\.\d+ ms/);
  expect(shown).toContain('times the noise of the series');
  expect(shown).toContain('cpu-12345678');
  expect(shown).toContain('aaaaaaaaaa..bbbbbbbbbb');
  expect(shown).toContain(`https://bench.example.com/findings/${encodeURIComponent(found.finding_id)}`);
  expect(shown).toContain(`bw repeat ${found.run_id}`);
}

/** GitHub in memory, as far as a check and a comment need it. */
function gitHub(): { comments: string[]; checks: Array<Record<string, unknown>>; answer: RecordedServer['answer'] } {
  const comments: string[] = [];
  const checks: Array<Record<string, unknown>> = [];
  const answer = ({ method, path, body }: RecordedRequest) => {
    if (path === '/repos/acme/bench') return { body: { full_name: 'acme/bench' } };
    if (path.endsWith('/issues/7/comments') && method === 'GET')
      return { body: comments.map((text, id) => ({ id, body: text })) };
    if (path.endsWith('/issues/7/comments')) comments.push(String(body.body));
    else if (path.includes('/issues/comments/')) comments[Number(path.split('/').at(-1))] = String(body.body);
    else if (path.endsWith('/check-runs') && method === 'GET')
      return { body: { check_runs: checks.map((each, id) => ({ ...each, id, output: { annotations_count: 0 } })) } };
    else if (path.endsWith('/check-runs')) checks.push(body);
    else checks[Number(path.split('/').at(-1))] = { ...checks[Number(path.split('/').at(-1))], ...body };
    return { body: { id: checks.length - 1 } };
  };
  return { comments, checks, answer };
}

const GITHUB = { name: 'pull-requests', connector: 'github', repository: 'acme/bench', token: secret };

it('GitHub: one check and one comment for several findings, which turn green when all have ended', async () => {
  const hub = gitHub();
  other.answer = hub.answer;
  await start();
  await apply([{ ...GITHUB, api_url: other.url }], GITHUB.name);
  const first = ofPullRequest();
  // Neither has a place there: another repository, and no commit.
  await say(ofPullRequest({ series_id: 'else', source: { repo: 'https://github.com/acme/other', commit: COMMIT } }));
  await say(aFinding({ series_id: 'none', source: null }));
  await say(first);
  await waitFor(() => expect(hub.comments).toHaveLength(1));
  expectEverything(hub.comments[0] ?? '', first);
  expect(hub.comments[0]).toMatch(/`[▁-█]+│[▁-█]+`/);
  expect(hub.checks[0]).toMatchObject({ name: 'Benchwire findings', head_sha: COMMIT, conclusion: 'failure' });

  // Of a later commit of the same pull request: a check of its own, and the same comment.
  const second = ofPullRequest({ series_id: 's2', source: { ...first.source, commit: 'd'.repeat(40) } });
  await say(second);
  await waitFor(() => expect(hub.comments[0]).toContain(`bw repeat ${second.run_id}`));
  expect(hub.comments[0]).toContain('2 of 2 findings are open');
  expect(hub.comments[0]).toContain(`bw repeat ${first.run_id}`);
  for (const found of [first, second]) await say(nextState(found, 'went_away'));
  await waitFor(() => expect(hub.comments[0]).toContain('All 2 findings have ended'));
  await allSent(2);
  expect(hub.checks.at(-1)).toMatchObject({ conclusion: 'success' });
  expect(hub.comments).toHaveLength(1);
  for (const { headers } of other.requests) expect(headers.authorization).toBe(`Bearer ${SECRET}`);
});

it('GitHub: the comment is there though the check is refused, and the reason names no secret', async () => {
  const hub = gitHub();
  other.answer = (request) =>
    /check-runs|statuses/.test(request.path)
      ? { status: 403, body: { message: `Resource not accessible, ${request.headers.authorization}` } }
      : hub.answer(request);
  const notifier = await start();
  await apply([{ ...GITHUB, api_url: other.url }], GITHUB.name);
  await say(ofPullRequest());
  await waitFor(async () => {
    const [sent] = await sentNotifications(fixture.nats);
    expect(sent?.delivery).toMatchObject({ state: 'failed', reason: expect.stringContaining('fork never has them') });
  });
  expect(hub.comments).toHaveLength(1);
  const { state } = await fixture.manager.streams.info('NOTIFICATIONS');
  const said = [JSON.stringify(notifier.logs)];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++)
    said.push((await fixture.manager.streams.getMessage('NOTIFICATIONS', { seq }))?.string() ?? '');
  expect(said.length).toBeGreaterThan(2);
  expect(said.join('\n')).toContain('Resource not accessible');
  expect(said.join('\n')).not.toContain(SECRET);
});

it('JIRA: one issue for an incident, found again by its label, resolved and reopened', async () => {
  const issues: Array<{ key: string; fields: Record<string, unknown>; status: string }> = [];
  const attached: Array<{ filename: string }> = [];
  const STATUS = { todo: 'new', done: 'done' } as Record<string, string>;
  other.answer = ({ method, path, query, body, headers, text }) => {
    expect(headers.authorization).toBe(`Basic ${Buffer.from(`bot@acme.example:${SECRET}`).toString('base64')}`);
    const at = `${method} ${path.replace('/rest/api', '')}`;
    if (at.endsWith('/attachments')) {
      expect([headers['x-atlassian-token'], text]).toEqual(['no-check', expect.stringContaining('PNG')]);
      const [, filename = ''] = /filename="([^"]+)"/.exec(text) ?? [];
      if (path.includes('/PERF-2/')) return { status: 403, body: { errorMessages: ['no attachments here'] } };
      attached.push({ filename });
      return { body: [{ filename }] };
    }
    const statusOf = ({ status }: { status: string }) => ({ status: { statusCategory: { key: STATUS[status] } } });
    if (at === 'GET /2/project/PERF') return { body: { key: 'PERF' } };
    if (at === 'GET /3/search/jql') {
      const [, label] = /labels = "([^"]+)"/.exec(query.get('jql') ?? '') ?? [];
      const found = issues.filter(({ fields }) => (fields.labels as string[]).includes(label ?? ''));
      return { body: { issues: found.map((issue) => ({ key: issue.key, fields: statusOf(issue) })) } };
    }
    if (at === 'POST /2/issue') {
      issues.push({ key: `PERF-${issues.length + 1}`, fields: body.fields as Record<string, unknown>, status: 'todo' });
      return { status: 201, body: { key: `PERF-${issues.length}` } };
    }
    const issue = issues.find(({ key }) => path.includes(`/issue/${key}`));
    if (issue === undefined) return { status: 404, body: { errorMessages: ['Issue does not exist'] } };
    if (method === 'PUT') Object.assign(issue.fields, body.fields);
    else if (at.endsWith('/transitions') && method === 'GET')
      return {
        body: {
          transitions: [
            { id: '11', name: 'Back', to: { statusCategory: { key: 'new' } } },
            { id: '31', name: 'Done', to: { statusCategory: { key: 'done' } } },
          ],
        },
      };
    else if (at.endsWith('/transitions'))
      issue.status = (body.transition as { id: string }).id === '31' ? 'done' : 'todo';
    else
      return {
        body: { key: issue.key, fields: { ...statusOf(issue), attachment: issue.key === 'PERF-1' ? attached : [] } },
      };
    return { status: 204 };
  };
  await start();
  const settings = { user: 'bot@acme.example', token: secret, project: 'PERF', labels: ['speed'], pictures: true };
  await apply([{ name: 'tracker', connector: 'jira', url: other.url, ...settings }], 'tracker');
  const first = aFinding({ incident_id: 'inc-1' });
  await say(first);
  await allSent(1);
  await say(nextState(first, 'went_away'));
  await waitFor(() => expect(issues[0]?.status).toBe('done'));
  // The notifier knows nothing any more: it finds the issue by its label.
  await notifiers[0]?.stop('SIGKILL');
  await fixture.manager.streams.purge('NOTIFICATIONS');
  await start();
  const second = aFinding({ incident_id: 'inc-1', series_id: 's2', pool: 'cpu-2' });
  await say(second);
  await waitFor(() => expect(issues[0]?.status).toBe('todo'));
  await say(aFinding({ incident_id: 'inc-2', series_id: 's3' }));
  await waitFor(() => expect(issues).toHaveLength(2));
  expect(issues[0]?.fields.labels).toEqual(['benchwire', expect.stringMatching(/^benchwire-[0-9a-f]{16}$/), 'speed']);
  expect(String(issues[0]?.fields.description)).toContain(`bw repeat ${second.run_id}`);
  // The same picture of both findings, attached once.
  expect(attached).toHaveLength(1);
  await waitFor(() => expect(String(issues[1]?.fields.description)).toContain('Without a picture: '));
  expectEverything(
    `${issues[1]?.fields.summary} ${issues[1]?.fields.description}`,
    aFindingOf(issues[1]?.fields.description),
  );
});

/** The finding that a text links to, as far as `expectEverything` needs it. */
function aFindingOf(text: unknown): Finding {
  const [, finding_id = ''] = /findings\/(\S+)/.exec(String(text)) ?? [];
  const [, run_id = ''] = /bw repeat ([\w-]+)/.exec(String(text)) ?? [];
  return { ...aFinding(), finding_id: decodeURIComponent(finding_id), run_id };
}

it('Alertmanager: says what is open, again after a start, and when it ends', async () => {
  const alerts: Array<Record<string, Record<string, string>> & { endsAt: string; startsAt: string }> = [];
  other.answer = ({ path, text, headers }) => {
    expect(headers.authorization).toBe(`Bearer ${SECRET}`);
    if (path === '/api/v2/alerts') alerts.push(...JSON.parse(text));
    return { body: {} };
  };
  await start();
  await apply([{ name: 'am', connector: 'alertmanager', url: other.url, token: secret }], 'am');
  const found = aFinding();
  await say(found);
  await waitFor(() => expect(alerts).toHaveLength(1));
  const [first] = alerts;
  expect(first?.labels).toMatchObject({ alertname: 'BenchwireRegression', pool: 'cpu-12345678', severity: 'critical' });
  expect(Date.parse(first?.endsAt ?? '')).toBeGreaterThan(Date.now() + 200_000);
  expectEverything(JSON.stringify(first), found);
  await allSent(1);
  await notifiers[0]?.stop('SIGKILL');
  await start();
  await waitFor(() => expect(alerts.length).toBeGreaterThanOrEqual(2));
  expect(alerts[1]).toMatchObject({ labels: first?.labels, startsAt: first?.startsAt });
  await say(nextState(found, 'went_away'));
  await waitFor(() => expect(Date.parse(alerts.at(-1)?.endsAt ?? '')).toBeLessThanOrEqual(Date.now()));
  expect(alerts.at(-1)?.labels).toEqual(first?.labels);
});

it('TestRail: failed while it is open, passed when it has ended, and never twice', async () => {
  const results: Array<{ case_id: number; status_id: number; comment: string }> = [];
  let is_noted = false;
  other.answer = ({ method, query, body, headers }) => {
    expect(headers.authorization).toBe(`Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`);
    const [path = ''] = [...query.keys()];
    if (path === '/api/v2/get_run/3') return { body: { id: 3 } };
    if (path === '/api/v2/get_results_for_case/3/42') return { body: { offset: 0, results } };
    if (method !== 'POST' || path !== '/api/v2/add_results_for_cases/3') return { status: 400, body: { error: path } };
    results.push(...(body.results as typeof results));
    // The first one is taken, and the answer lost.
    if (is_noted) return { body: results };
    is_noted = true;
    return { status: 502 };
  };
  await start();
  const cases = [{ benchmark: 'enc*', case_id: 42 }];
  const login = { url: other.url, user: 'me', api_key: secret };
  await apply([{ name: 'cases', connector: 'testrail', ...login, run_id: 3, cases }], 'cases');
  const found = aFinding();
  await say(aFinding({ series_id: 'no-case', series: { ...found.series, benchmark: 'decode' } }));
  await say(found);
  await allSent(1);
  await say(nextState(found, 'went_away'));
  await waitFor(() => expect(results.map(({ status_id }) => status_id)).toEqual([5, 1]));
  expectEverything(results[0]?.comment ?? '', found);
});

it('Slack shows an uploaded picture, and says why there is none', async () => {
  let may_upload = true;
  const messages: string[] = [];
  other.answer = ({ path, text }) => {
    if (path === '/files.getUploadURLExternal')
      return {
        body: may_upload
          ? { ok: true, upload_url: `${other.url}/put`, file_id: 'F1' }
          : { ok: false, error: 'missing_scope' },
      };
    if (path === '/files.completeUploadExternal') return { body: { ok: true, files: [{ id: 'F1' }] } };
    if (path === '/files.info') return { body: { ok: true, file: { id: 'F1', mimetype: 'image/png' } } };
    if (path === '/chat.postMessage') messages.push(new URLSearchParams(text).get('blocks') ?? '');
    return { body: { ok: true, channel: 'C1', ts: '1.1' } };
  };
  await start();
  const chat = { name: 'chat', connector: 'slack', token: secret, channel: '#perf', pictures: true };
  await apply([{ ...chat, api_url: other.url }], 'chat');
  const found = aFinding();
  await say(found);
  await waitFor(() => expect(messages).toHaveLength(1));
  expect(other.calls()).toContain('POST /put');
  expect(JSON.parse(messages[0] ?? '')).toContainEqual(
    expect.objectContaining({ type: 'image', slack_file: { id: 'F1' } }),
  );
  expectEverything(messages[0]?.replaceAll('\\n', '\n') ?? '', found);
  may_upload = false;
  await say(aFinding({ series_id: 's2', pool: 'cpu-2', source: null }));
  await waitFor(() => expect(messages).toHaveLength(2));
  expect(messages[1]).toContain('Without a picture: Slack says missing_scope');
});

it('webhook: a picture where it is asked for', async () => {
  await start();
  await apply([{ name: 'hook', connector: 'webhook', url: other.url, pictures: true }], 'hook');
  const found = aFinding();
  await say(found);
  await waitFor(() => expect(other.requests).toHaveLength(1));
  const [item] = (other.requests[0]?.body.items ?? []) as Array<{
    picture: { alt: string; base64: string; width: number };
  }>;
  expect(item?.picture.alt).toBe('latency_ms: 10 before, 12.5 ms found');
  const png = Buffer.from(item?.picture.base64 ?? '', 'base64');
  expect([png.subarray(1, 4).toString(), png.readUInt32BE(16)]).toEqual(['PNG', item?.picture.width]);
  expectEverything(other.requests[0]?.text ?? '', found);
});

it('a test message says whether the place can be reached, and leaves nothing there', async () => {
  other.answer = ({ path }) =>
    path.includes('nowhere') ? { status: 404, body: { message: 'Not Found' } } : { body: { full_name: 'acme/bench' } };
  const token_file = join(folder, 'token');
  writeFileSync(token_file, SECRET);
  await start();
  const common = { token: { file: token_file } };
  const receivers = [
    { ...GITHUB, ...common, name: 'github', api_url: other.url },
    { ...GITHUB, ...common, name: 'nowhere', repository: 'acme/nowhere', api_url: other.url },
    { ...common, name: 'gitlab', connector: 'gitlab', project: 'acme/bench', url: other.url },
    { ...common, name: 'bitbucket', connector: 'bitbucket', repository: 'acme/bench', api_url: other.url },
    {
      ...{ ...common, name: 'azure', connector: 'azure_devops', organization_url: `${other.url}/acme` },
      ...{ project: 'p', repository: 'bench' },
    },
    {
      ...{ name: 'testrail', connector: 'testrail', url: other.url, user: 'me', api_key: common.token },
      ...{ run_id: 3, cases: [{ benchmark: '*', case_id: 1 }] },
    },
    { ...common, name: 'jira', connector: 'jira', url: other.url, project: 'PERF' },
    { ...common, name: 'am', connector: 'alertmanager', url: other.url },
  ];
  await apply(receivers, 'github');
  for (const { name } of receivers)
    expect(await askNotifier(fixture.nats, { command: 'test', receiver: name })).toMatchObject({ ok: true });
  await waitFor(async () => {
    const sent = await sentNotifications(fixture.nats);
    const states = Object.fromEntries(sent.map(({ message, delivery }) => [message.receiver, delivery?.state]));
    const all = Object.fromEntries(receivers.map(({ name }) => [name, name === 'nowhere' ? 'failed' : 'sent']));
    expect(states).toEqual(all);
  });
  expect(other.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

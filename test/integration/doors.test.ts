import { checkRequest } from '@benchwire/cli/src/request/check-request.ts';
import { parseRequest } from '@benchwire/cli/src/request/read-request.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { API_ROUTES } from '@benchwire/shared/contracts/api/api.ts';
import { checkSubmission } from '@benchwire/shared/contracts/check-submission.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { MAX_ISSUES } from '@benchwire/shared/contracts/limits.ts';
import { QUERIES } from '@benchwire/shared/contracts/query.ts';
import { readRequest } from '@benchwire/shared/request-text/read-request-text.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StackFixture } from '../support/stack-fixture.ts';

/**
 * Every door is fed with inputs of many shapes, each in two sizes. What counts is the processor time of the services, which other
 * load on the machine does not change: four times the input may take at most eight times as long (a quadratic door takes sixteen
 * times), and every answer is a success or says what is wrong.
 */
let fixture: StackFixture;
let stack: LocalStack;
let client: Client;
let url: string;
let key: string;

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: ['aggregator', 'anomaly', 'scheduler', 'ingest', 'gateway'],
    env: { RATE_LIMIT_PER_MINUTE: '1000000000', ADDRESS_LIMIT_PER_MINUTE: '1000000000' },
  });
  ({ stack, client } = fixture);
  url = stack.service('gateway').http_url;

  key = (await createApiKey(client.nats, { name: 'doors', role: 'admin' })).key;
}, 180_000);

afterAll(async () => {
  await fixture?.stop();
}, 60_000);

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const keyed = (count: number, make: (at: number) => [string, unknown]): object =>
  Object.fromEntries(times(count, make));
const noop = (task_id: string): object => ({ task_id, executor: 'noop' });
const nested = (open: string, inner: string, close: string, depth: number): string =>
  `${open.repeat(depth)}${inner}${close.repeat(depth)}`;

/** JSON of about so many values; none of it can become a run. */
const JSON_SHAPES: Record<string, (n: number) => string> = {
  'unknown fields': (n) => JSON.stringify({ tasks: [noop('a')], ...keyed(n, (at) => [`field${at}`, at]) }),
  'unknown fields of a task': (n) =>
    JSON.stringify({ tasks: [{ ...noop('a'), ...keyed(n, (at) => [`confg${at}`, at]) }] }),
  'names that are nearly right': (n) => JSON.stringify(keyed(n, (at) => [`${'tasks'.repeat(8)}${at}`, 1])),
  'one long name': (n) => JSON.stringify({ ['reason'.repeat(n)]: 1 }),
  'one long text': (n) => JSON.stringify({ reason: 'x'.repeat(10 * n), name: 'x'.repeat(10 * n) }),
  'objects in objects': (n) => nested('{"a":', '1', '}', n),
  'lists in lists': (n) => nested('[', '1', ']', n),
  'depth in a task': (n) => `{"tasks":[{"task_id":"a","config":${nested('{"a":', '1', '}', n)}}]}`,
  'brackets without end': (n) => '[{"a":'.repeat(n),
  'a text of escapes': (n) => `{"name":"${'\\n'.repeat(n)}"}`,
  'a number of many digits': (n) => `{"priority":${'1'.repeat(10 * n)}}`,
  'numbers that print otherwise': (n) => `{"nothing":[${times(n, () => '1.0').join(',')}]}`,
  'names that stand twice': (n) => `{${'"name":1,'.repeat(n)}"name":1}`,
  'a list': (n) => JSON.stringify(times(n, (at) => at)),
  'tasks that are none': (n) => JSON.stringify({ tasks: times(n, (at) => at) }),
  'tasks with mistakes': (n) =>
    JSON.stringify({ tasks: times(n, (at) => ({ task_id: `t${at}`, executor: 'noop', confg: {} })) }),
  'tasks of one id': (n) => JSON.stringify({ tasks: times(n, () => noop('same')) }),
  'tasks that wait for each other in a circle': (n) =>
    JSON.stringify({ tasks: times(n, (at) => ({ ...noop(`t${at}`), depends_on: [`t${(at + 1) % n}`] })) }),
  'dependencies on nothing': (n) =>
    JSON.stringify({ tasks: times(n, (at) => ({ ...noop(`t${at}`), depends_on: ['tt'] })) }),
  axes: (n) => JSON.stringify({ tasks: [noop('a')], matrix: keyed(n, (at) => [`config.x${at}`, [1]]) }),
  'values of an axis': (n) =>
    JSON.stringify({ tasks: [noop('a')], matrix: { 'config.nothing': times(n, (at) => at) } }),
  'long axes': (n) =>
    JSON.stringify({
      tasks: [noop('a')],
      matrix: { ['x'.repeat(n)]: [1], ['y'.repeat(n)]: [1] },
      matrix_exclude: times(n, () => ({ z: 1 })),
    }),
  'cells that leave out cells': (n) =>
    JSON.stringify({
      tasks: [{ ...noop('a'), nothing: 1 }],
      matrix: keyed(12, (at) => [`config.x${at}`, [1, 2]]),
      matrix_exclude: times(n, (at) => keyed(12, (axis) => [`config.x${axis}`, (at >> axis) & 1 ? 1 : 2])),
    }),
  'sets of axes that are left out': (n) =>
    JSON.stringify({
      tasks: [noop('a')],
      matrix: { ...keyed(14, (at) => [`config.x${at}`, [1, 2]]) },
      matrix_exclude: times(n, (at) =>
        Object.fromEntries(
          times(14, (axis) => axis)
            .filter((axis) => ((at + 1) >> axis) & 1)
            .map((axis) => [`config.x${axis}`, 1]),
        ),
      ),
    }),
  'large tasks in many cells': (n) =>
    JSON.stringify({
      tasks: [
        { task_id: 'a', executor: 'command', config: { command: ['x'], env: keyed(n, (at) => [`V${at}`, 'x']) } },
      ],
      matrix: { 'config.nothing': times(Math.min(n, 50_000), (at) => at) },
    }),
  labels: (n) => JSON.stringify({ tasks: [noop('a')], tags: keyed(n, (at) => [`tag${at}`, 1]) }),
};

const YAML_SHAPES: Record<string, (n: number) => string> = {
  names: (n) => times(n, (at) => `name${at}: 1`).join('\n'),
  'one name again and again': (n) => 'name: 1\n'.repeat(n),
  'names in braces': (n) => `{${times(n, (at) => `n${at}: 1`).join(', ')}}`,
  brackets: (n) => '['.repeat(n),
  'braces and brackets': (n) => '{a: ['.repeat(n),
  'brackets that close nothing': (n) => ']'.repeat(n),
  'lists in lists on one line': (n) => `${'- '.repeat(n)}a`,
  'keys that are keys': (n) => `${'? '.repeat(n)}a`,
  commas: (n) => `[${','.repeat(n)}]`,
  'nothing between values': (n) => `[${'[] '.repeat(n)}]`,
  'anchors and aliases': (n) => times(n, (at) => `k${at}: &a${at} 1\nl${at}: *a${at}`).join('\n'),
  'aliases of aliases': (n) =>
    `a: &a [1,1,1,1]\n${times(Math.min(n, 60), (at) => `b${at}: &b${at} [*${at === 0 ? 'a' : `b${at - 1}`}, *${at === 0 ? 'a' : `b${at - 1}`}]`).join('\n')}`,
  'merges without number': (n) => `a:\n${'  <<: {}\n'.repeat(n / 3)}${times(n / 3, (at) => `  k${at}: 1`).join('\n')}`,
  'merges of merges': (n) =>
    `a0: &a0 {x: 1}\n${times(Math.min(n, 900), (at) => `a${at + 1}: &a${at + 1}\n  <<: *a${at}\n  y${at}: 1`).join('\n')}`,
  documents: (n) => '---\na: 1\n'.repeat(n),
  tags: (n) => `a: ${'!!str '.repeat(n)}x`,
  escapes: (n) => `a: "${'\\q'.repeat(n)}"`,
  'wrong indents': (n) => times(n, (at) => (at % 2 === 0 ? ' c: 1' : '  b: 1')).join('\n'),
};

/** One way in: sends what a shape makes of a size. @returns what was wrong with the answer, or undefined */
interface Door {
  name: string;
  send(text: string): Promise<string | undefined>;
  /** Of processor time, in seconds, by what does the work. */
  spent(): Promise<number>;
}

/** A kept connection may be closed by the other side at the moment at which it is used again. */
async function fetchAgain(address: string, options: RequestInit = {}): Promise<Response> {
  return await fetch(address, options).catch(() => fetch(address, options));
}

async function spentBy(...services: string[]): Promise<number> {
  let seconds = 0;
  for (const name of services) {
    const metrics = await (await fetchAgain(`${stack.service(name as never).http_url}/metrics`)).text();
    seconds += Number(/^process_cpu_seconds_total\S* (\S+)/m.exec(metrics)?.[1]);
  }
  return seconds;
}

/** An answer is a success or a refusal that says what is wrong, in a size that somebody can read. */
function wrongWithAnswer(status: number, type: string, text: string): string | undefined {
  if (status < 400) return undefined;
  if (status >= 500) return `${status} ${text.slice(0, 300)}`;
  if (!type.includes('application/problem+json')) return `${status} as ${type}`;
  const problem = JSON.parse(text) as { code: string; detail: string; issues?: unknown[] };
  if (problem.code === '' || problem.detail.length < 10) return `says nothing: ${text.slice(0, 300)}`;
  return (problem.issues?.length ?? 0) > MAX_ISSUES || text.length > 200_000 ? `${text.length} characters` : undefined;
}

async function sendHttp(
  method: string,
  path: string,
  body: string | undefined,
  type: string,
  headers = {},
): Promise<string | undefined> {
  const response = await fetchAgain(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return wrongWithAnswer(response.status, response.headers.get('content-type') ?? '', await response.text());
}

const addressOf = (path: string): string =>
  path.replaceAll(':run_id', newRunId()).replaceAll(':kind', 'layouts').replaceAll(/:\w+/g, '0123456789ab');

const gatewayAndIngest = (): Promise<number> => spentBy('gateway', 'ingest');

/** Not signing out, and no new keys without number. */
const BODY_ROUTES = API_ROUTES.filter(
  ({ method, path }) => method !== 'GET' && !(method === 'DELETE' && path === '/api/session'),
);

const bodyDoors = BODY_ROUTES.map(
  ({ method, path }): Door => ({
    name: `${method} ${path}`,
    send: (text) => sendHttp(method, addressOf(path), text, 'application/json'),
    spent: gatewayAndIngest,
  }),
);
const dryRun: Door = {
  name: 'POST /api/runs?dry_run=true',
  send: (text) => sendHttp('POST', '/api/runs?dry_run=true', text, 'application/json'),
  spent: gatewayAndIngest,
};
const unrouted: Door = {
  name: 'POST /api/nothing',
  send: (text) => sendHttp('POST', '/api/nothing', text, 'application/json'),
  spent: gatewayAndIngest,
};
const yamlDoors = ['/api/runs', '/api/runs?dry_run=true'].map(
  (path): Door => ({
    name: `YAML to ${path}`,
    send: (text) => sendHttp('POST', path, text, 'application/yaml'),
    spent: gatewayAndIngest,
  }),
);

const SUBJECTS = [
  ...['bw.request.submit', 'bw.request.cancel', 'bw.anomaly.act', 'bw.anomaly.analyse', 'bw.scheduler.why'],
  ...Object.keys(QUERIES).map((name) => `bw.query.${name}`),
];
const natsDoors = SUBJECTS.map(
  (subject): Door => ({
    name: subject,
    send: async (text) => {
      const most = client.nats.info?.max_payload ?? 0;
      const reply = await client.nats.request(subject, text.slice(0, most), { timeout: 60_000 });
      const answer = JSON.parse(reply.string()) as { ok: boolean; issues?: Array<{ code: string; message: string }> };
      if (answer.ok) return undefined;
      if ((answer.issues?.length ?? 0) > MAX_ISSUES || reply.data.length > 200_000) return `${reply.data.length} bytes`;
      return answer.issues?.some(({ code, message }) => code === 'internal' || message.length < 5) === true
        ? reply.string().slice(0, 300)
        : undefined;
    },
    spent: () => spentBy('ingest', 'aggregator', 'anomaly', 'scheduler'),
  }),
);

const inProcess = (name: string, work: (text: string) => void): Door => ({
  name,
  send: async (text) => {
    work(text);
    return undefined;
  },
  spent: async () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
});
/** What the Kafka door does with a message; the broker takes no larger ones than its own limit. */
const kafkaDoor = inProcess('a message of the Kafka topic', (text) => {
  const parsed = readRequest(Buffer.from(text));
  const read = parsed.ok ? checkSubmission(parsed.value, 'topic-0-1') : parsed;
  expect(read.ok ? 1 : read.issues.length).toBeGreaterThan(0);
});
const readFile =
  (name: string) =>
  (text: string): void => {
    try {
      checkRequest(parseRequest(name, Buffer.from(text)));
    } catch (error) {
      expect((error as { code?: string }).code).toBe('REQUEST_INVALID');
    }
  };

const sized = <T extends object>(shapes: Record<string, T>) => fc.constantFrom(...Object.entries(shapes));
/** The smaller of the two sizes. */
const size = fc.integer({ min: 3_000, max: 15_000 });

/** At this much processor time, noise is smaller than what a door may take. */
const FLOOR_SECONDS = 0.4;
const MAX_SECONDS = 6;

async function isLinear(door: Door, shape: string, make: (n: number) => string, n: number): Promise<void> {
  const measure = async (of: number): Promise<number> => {
    const text = make(of);
    const before = await door.spent();
    const wrong = await door.send(text);
    expect(wrong, `${door.name}, ${shape}, size ${of}`).toBeUndefined();
    return (await door.spent()) - before;
  };
  const small = await measure(n);
  let large = await measure(4 * n);
  const most = Math.max(FLOOR_SECONDS, 8 * small);
  // A collection of garbage may fall into one of them.
  for (let again = 0; again < 2 && large > most; again++) large = Math.min(large, await measure(4 * n));
  expect(
    large,
    `${door.name}, ${shape}: ${small.toFixed(3)} s for ${n}, ${large.toFixed(3)} s for ${4 * n}`,
  ).toBeLessThanOrEqual(Math.min(most, MAX_SECONDS));
}

const runs = (numRuns: number) => ({ numRuns, interruptAfterTimeLimit: 100_000, endOnFailure: true });

it('every door with a body answers in linear time, and says what is wrong', async () => {
  const door = fc.oneof(
    fc.constantFrom(...bodyDoors),
    fc.constantFrom(dryRun, unrouted, ...bodyDoors.filter(({ name }) => /runs$|run$|tasks$/.test(name))),
    fc.constantFrom(...natsDoors),
    fc.constantFrom(...natsDoors.slice(0, 2), kafkaDoor, inProcess('bw, JSON', readFile('a.json'))),
  );
  await fc.assert(
    fc.asyncProperty(door, sized(JSON_SHAPES), size, (at, [shape, make], n) => isLinear(at, shape, make, n)),
    runs(120),
  );
}, 240_000);

it('every door that takes YAML answers in linear time, and says what is wrong', async () => {
  const door = fc.constantFrom(...yamlDoors, inProcess('bw, YAML', readFile('a.yaml')));
  await fc.assert(
    fc.asyncProperty(door, sized(YAML_SHAPES), size, (at, [shape, make], n) => isLinear(at, shape, make, n)),
    runs(40),
  );
}, 240_000);

const QUERY_SHAPES: Record<string, (n: number) => string> = {
  'many parameters': (n) => times(n / 10, (at) => `p${at}=1`).join('&'),
  'one parameter many times': (n) => times(n / 10, () => 'run=1').join('&'),
  'a long parameter': (n) => `search=${'x'.repeat(n)}`,
  brackets: (n) => `a${'[b]'.repeat(n / 3)}=1`,
  percents: (n) => `search=${'%41'.repeat(n / 3)}`,
  'a long cursor': (n) => `cursor=${'e30'.repeat(n / 3)}`,
  times: (n) => `since=${'2026-01-01T00:00:00'.repeat(n / 20)}Z`,
};
const HEADER_SHAPES: Record<string, (n: number) => Record<string, string>> = {
  'a long key': (n) => ({ authorization: `Bearer ${'x'.repeat(n)}` }),
  blanks: (n) => ({ authorization: `Bearer ${' '.repeat(n)}x` }),
  dots: (n) => ({ authorization: `Bearer ${'.'.repeat(n)}` }),
  cookies: (n) => ({ authorization: '', cookie: times(n / 4, (at) => `c${at}=`).join(';') }),
  'a long Idempotency-Key': (n) => ({ 'idempotency-key': 'x'.repeat(n) }),
  hops: (n) => ({ 'x-forwarded-for': '1,'.repeat(n / 2) }),
  encodings: (n) => ({ 'accept-encoding': 'gzip;q=0.1,'.repeat(n / 12) }),
  ETags: (n) => ({ 'if-none-match': 'W/"a",'.repeat(n / 6) }),
};

it('every query string and header does', async () => {
  const gets = API_ROUTES.filter(({ method }) => method === 'GET').map(({ path }) => path);
  const small = fc.integer({ min: 500, max: 6_000 });
  const spent = (): Promise<number> => spentBy('gateway', 'aggregator');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...gets), sized(QUERY_SHAPES), small, (path, [shape, make], n) => {
      const send = (text: string): Promise<string | undefined> =>
        sendHttp('GET', `${addressOf(path)}?${text}`, undefined, '').catch((error: unknown) => String(error));
      return isLinear({ name: path, send, spent }, shape, make, n);
    }),
    runs(60),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/api/session', '/api/runs', '/openapi.json'),
      sized(HEADER_SHAPES),
      small,
      (path, [shape, make], n) => {
        const send = (text: string): Promise<string | undefined> =>
          sendHttp('GET', path, undefined, '', JSON.parse(text));
        return isLinear({ name: path, send, spent }, shape, (of) => JSON.stringify(make(of)), n);
      },
    ),
    runs(30),
  );
}, 240_000);

it('every frame and topic of a live socket does', async () => {
  const shapes: Record<string, (n: number) => string[]> = {
    'a deep frame': (n) => [nested('{"a":', '1', '}', Math.min(n, 2000))],
    'unknown fields': (n) => [JSON.stringify({ op: 'ping', ...keyed(Math.min(n, 1000), (at) => [`f${at}`, 1]) })],
    'many streams': (n) => [
      JSON.stringify({
        op: 'subscribe',
        id: 'a',
        topic: 'events',
        from: keyed(Math.min(n, 1000), (at) => [`S${at}`, 1]),
      }),
    ],
    'many topics': (n) =>
      times(n / 20, (at) => JSON.stringify({ op: 'subscribe', id: `t${at}`, topic: `run:${newRunId()}` })),
    'topics that there are not': (n) =>
      times(n / 4, (at) => JSON.stringify({ op: 'subscribe', id: `t${at}`, topic: `constructor${at}` })),
    pings: (n) => times(n, () => '{"op":"ping"}'),
  };
  const send = async (text: string): Promise<string | undefined> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`, {
      headers: { authorization: `Bearer ${key}` },
    } as unknown as string[]);
    const answers: Array<{ op: string; id?: string; problem?: { status: number; detail: string } }> = [];
    const done = Promise.withResolvers<string | undefined>();
    socket.onopen = () => {
      for (const frame of JSON.parse(text) as string[]) socket.send(frame);
      socket.send(JSON.stringify({ op: 'subscribe', id: 'last', topic: 'no such topic' }));
    };
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data));
      answers.push(frame);
      if (frame.op === 'error' && frame.problem.status >= 500) done.resolve(JSON.stringify(frame));
      if (frame.id === 'last') done.resolve(undefined);
    };
    socket.onclose = ({ code }) => done.resolve(`closed with ${code}`);
    try {
      return await done.promise;
    } finally {
      socket.close();
    }
  };
  await fc.assert(
    fc.asyncProperty(sized(shapes), fc.integer({ min: 200, max: 1500 }), ([shape, make], n) =>
      isLinear({ name: '/api/ws', send, spent: () => spentBy('gateway') }, shape, (of) => JSON.stringify(make(of)), n),
    ),
    runs(20),
  );
}, 240_000);

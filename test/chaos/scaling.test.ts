import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { joinCommand } from '@benchwire/deploy/local/share.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { type BenchEvent, EVENT_DATA } from '@benchwire/shared/contracts/event.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomesOfRun } from '@benchwire/shared/contracts/outcome.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { readAll } from '../support/nats-fixture.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/**
 * One run, and workers that come and go while it is under way: one, then four (the last by the command that the stack
 * prints for other machines), then two of them killed, then one stopped in order, and
 * the two come back. A task sleeps, so that what can be done
 * at once is limited by the workers and not by this machine's processors.
 */
const TASKS = 150;
const SLEEP_MS = 250;
/** What a client on another machine would use; only Linux has a second address of loopback without being told. */
const SHARED = '127.0.0.2';

let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
let joined: ChildProcess | undefined;
/** By attempt, as they are published: a publisher that got no ack says it again. */
const heard = new Map<string, Outcome>();
const events: BenchEvent[] = [];

const linux = process.platform === 'linux';
if (!linux) console.log('workers that come and go are tested on Linux only: it needs a second address of loopback');

describe.skipIf(!linux)('throughput', () => {
  beforeAll(async () => {
    fixture = await StackFixture.start({
      share: SHARED,
      services: { aggregator: 0, anomaly: 0 },
      env: { WORKER_EXECUTORS: 'noop', LOG_LEVEL: 'warn' },
    });
    ({ stack, nats } = fixture);
    nats.subscribe('bw.outcome.>', { callback: (_error, message) => hear(message.json()) });
    nats.subscribe('bw.event.>', { callback: (_error, message) => void events.push(message.json()) });
    await nats.flush();
  });
  afterAll(async () => {
    if (joined?.pid !== undefined) process.kill(-joined.pid, 'SIGKILL');
    await fixture?.stop();
  });

  it('follows the number of workers while they come, die and leave, and nothing is lost', async () => {
    const tasks = [{ task_id: 't', executor: 'noop', repetitions: TASKS, config: { sleep_ms: SLEEP_MS } }];
    const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify({ name: 'scaling', tasks }), { timeout: 10_000 });
    const submitted = submitReply.parse(answer.json());
    if (!submitted.ok) throw new Error(JSON.stringify(submitted.issues));
    await completedBy(8);

    // Four.
    const alone = { from: startOf(0), until: Date.now() };
    const added = await Promise.all([stack.addService('worker'), stack.addService('worker'), joinAsTold()]);
    await vi.waitFor(() => expect(new Set(completed().map((each) => each.worker_id)).size).toBe(4), 30_000);
    const four = { from: Date.now(), until: 0 };
    await completedBy(completed().length + 40);
    four.until = Date.now();

    // Two, without a word.
    const victims = added.slice(0, 2);
    await Promise.all(victims.map((service) => service?.kill('SIGKILL', { stay_down: true })));
    const two = { from: Date.now(), until: 0 };
    await completedBy(completed().length + 12);
    two.until = Date.now();

    // One: the other finishes what it has, and goes.
    await leave();
    const one = { from: Date.now(), until: 0 };
    await completedBy(completed().length + 6);
    one.until = Date.now();

    // The two come back, and help with the rest.
    for (const service of victims) service?.start();
    const { counts } = await finished();

    expect(counts).toMatchObject({ total: TASKS, completed: TASKS, failed: 0, lost: 0 });
    // What counts is what the stream has kept.
    const stored = await readAll(nats, OUTCOMES.name, outcomesOfRun(submitted.run_id));
    const outcomes = stored.map((message) => message.json<Outcome>());
    const ends = outcomes.filter((each) => each.status === 'completed');
    expect(ends).toHaveLength(TASKS);
    expect(new Set(ends.map((each) => each.task_id)).size).toBe(TASKS);
    // Each of the killed had at most the one attempt that its slot held; nobody else lost any.
    const lost = outcomes.filter((each) => each.status === 'lost');
    expect(outcomes).toHaveLength(TASKS + lost.length);
    const losers = lost.map(({ worker_id, task_id, error }) => `${worker_id}: ${task_id}, ${error?.message}`);
    expect(losers.length, losers.join('\n')).toBeLessThanOrEqual(2);
    for (const each of lost) {
      expect(['joined', workers()[0]]).not.toContain(each.worker_id);
      expect(ends.find((end) => end.task_id === each.task_id)?.attempt).toBe(2);
    }

    const last = events
      .filter((each) => each.entity === 'worker' && each.worker_id === 'joined')
      .map((each) => each.kind);
    expect(last).toEqual(['joined', 'draining', 'left']);

    // As many at once as there are workers, never more; and so much more gets done.
    expect([alone, four, two, one].map(mostAtOnce)).toEqual([1, 4, 2, 1]);
    expect(perSecond(four)).toBeGreaterThan(1.5 * perSecond(alone));
    expect(perSecond(two)).toBeLessThan(perSecond(four));
  });
});

interface Window {
  from: number;
  until: number;
}

function hear(outcome: Outcome): void {
  const id = attemptId(outcome);
  if (!heard.has(id)) heard.set(id, outcome);
}

const completed = (): Outcome[] => [...heard.values()].filter((each) => each.status === 'completed');
const startOf = (index: number): number => Date.parse(completed()[index]?.started_at ?? '');
const workers = (): Array<string | null> => completed().map((each) => each.worker_id);

async function completedBy(count: number): Promise<void> {
  await vi.waitFor(() => expect(completed().length).toBeGreaterThanOrEqual(count), { timeout: 60_000, interval: 20 });
}

/** What runs in a window from beginning to end, as [start, end] by the workers' clocks: all of this machine. */
function within({ from, until }: Window): Array<[number, number]> {
  return completed()
    .map((each): [number, number] => [Date.parse(each.started_at ?? ''), Date.parse(each.finished_at)])
    .filter(([start, end]) => start >= from && end <= until);
}

function mostAtOnce(window: Window): number {
  const spans = within(window);
  return Math.max(...spans.map(([at]) => spans.filter(([start, end]) => start <= at && at < end).length));
}

function perSecond(window: Window): number {
  const spans = within(window);
  const seconds = (Math.max(...spans.map(([, end]) => end)) - Math.min(...spans.map(([start]) => start))) / 1000;
  return spans.length / seconds;
}

/** Enters what the stack prints for other machines. */
async function joinAsTold(): Promise<undefined> {
  const child = spawn('sh', ['-c', `${joinCommand(stack.env)} --id joined`], {
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, WORKER_EXECUTORS: 'noop' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A terminal's Ctrl-C reaches a whole process group.
    detached: true,
  });
  joined = child;
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  await vi.waitFor(() => expect(text).toMatch(/joined has joined nats:\/\/127\.0\.0\.2[\s\S]* other worker/), 60_000);
}

/** Ctrl-C where it was entered; resolves when nothing of it runs any more. */
async function leave(): Promise<void> {
  if (joined?.pid === undefined) throw new Error('nobody has joined');
  const closed = once(joined, 'close');
  process.kill(-joined.pid, 'SIGINT');
  await closed;
  joined = undefined;
}

async function finished(): Promise<z.infer<(typeof EVENT_DATA)['run.finished']>> {
  const event = await vi.waitUntil(() => events.find((each) => each.kind === 'finished'), {
    timeout: 90_000,
    interval: 50,
  });
  return EVENT_DATA['run.finished'].parse(event?.data);
}

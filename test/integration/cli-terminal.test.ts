import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeStack, outcomeOf, taskRowOf } from '../support/fake-stack.ts';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';
import { whyNoPython } from '../support/python.ts';
import { bwInTerminal, type TerminalBw } from '../support/terminal.ts';

/** What `bw` does only in a terminal, in a real one. */
let fixture: NatsFixture;
let stack: FakeStack;
let folder: string;

beforeAll(async () => {
  fixture = await natsFixture();
  folder = mkdtempSync(join(tmpdir(), 'bw-terminal-'));
  writeFileSync(join(folder, 'two.yaml'), 'tasks: [{task_id: a, executor: noop}, {task_id: b, executor: noop}]');
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  stack = new FakeStack(fixture);
  stack.start();
});
afterEach(() => stack.stop());

const inTerminal = (args: string[], columns?: number): TerminalBw =>
  bwInTerminal(args, { env: fixture.servers.env, cwd: folder, ...(columns === undefined ? {} : { columns }) });

const MENU = /d {2}detach[\s\S]*c {2}cancel the run[\s\S]*g {2}go on watching/;
const CTRL_C = '\x03';

/** A run that is followed in a terminal, with the menu open. */
async function interrupted(): Promise<{ bw: TerminalBw; run_id: string; tasks: Task[] }> {
  const submitted = Promise.withResolvers<{ run_id: string; tasks: Task[] }>();
  stack.onSubmit = async (run) => submitted.resolve(run);
  const bw = inTerminal(['run', 'two.yaml', '--no-git']);
  const run = await submitted.promise;
  await bw.waitFor(/0\/2 done/);
  bw.type(CTRL_C);
  await bw.waitFor(MENU);
  return { bw, ...run };
}

describe.skipIf(whyNoPython() !== undefined)('Ctrl-C in bw run', () => {
  it('detaches with one key, and says how to come back', async () => {
    const { bw } = await interrupted();
    bw.type('d');
    expect(await bw.ended).toBe(130);
    expect(bw.printed()).toMatch(/goes on, 0 of 2 tasks are done/);
    // The cursor is there again.
    expect(bw.printed().lastIndexOf('\x1b[?25h')).toBeGreaterThan(bw.printed().lastIndexOf('\x1b[?25l'));
    expect(stack.cancelled).toEqual([]);
  });

  it('detaches with a second Ctrl-C', async () => {
    const { bw } = await interrupted();
    bw.type(CTRL_C);
    expect(await bw.ended).toBe(130);
    expect(stack.cancelled).toEqual([]);
  });

  it('cancels with one key and follows to the end; other keys do nothing', async () => {
    const { bw, run_id, tasks } = await interrupted();
    bw.type('x\x1b[A');
    bw.type('c');
    await bw.waitFor(/Cancelling the run/);
    await expect.poll(() => stack.cancelled).toEqual([run_id]);
    const ended = tasks.map((task) => outcomeOf(run_id, task, { status: 'cancelled' }));
    for (const outcome of ended) await stack.outcome(outcome);
    await stack.finish(run_id, ended);
    expect(await bw.ended).toBe(1);
    expect(bw.printed()).toMatch(/of 2 tasks 2 cancelled/);
  });

  it('goes on watching with one key, and the menu goes when the run has ended', async () => {
    const { bw, run_id, tasks } = await interrupted();
    const before = bw.printed().length;
    bw.type('g');
    await expect.poll(() => bw.printed().slice(before)).toMatch(/0\/2 done/);
    bw.type(CTRL_C);
    await expect.poll(() => bw.printed().slice(before)).toMatch(MENU);
    const ended = tasks.map((task) => outcomeOf(run_id, task));
    for (const outcome of ended) await stack.outcome(outcome);
    await stack.finish(run_id, ended);
    expect(await bw.ended).toBe(0);
    expect(bw.printed()).toMatch(/all 2 tasks completed/);
  });
});

describe.skipIf(whyNoPython() !== undefined)('narrow terminals', () => {
  it.each([40, 60, 80])('keep the id and the state of runs and tasks within %i columns', async (columns) => {
    const run_id = newRunId();
    const at = new Date().toISOString();
    const counts = {
      total: 2000,
      waiting: 5,
      running: 1,
      completed: 1990,
      failed: 3,
      timed_out: 0,
      cancelled: 1,
      lost: 0,
    };
    const source = { commit: '4f2a91c0d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0', branch: 'a-branch/with-a-long-name' };
    const times = { accepted_at: at, finished_at: at };
    const row = { run_id, name: 'n'.repeat(200), state: 'finished', source, tags: {}, ...counts, ...times };
    stack.rows.runs = [row];
    stack.rows.run = [row];
    stack.pages.tasks = [longTaskRow(run_id)];
    for (const [args, texts] of [
      [['runs'], [run_id.slice(0, 13), 'partly failed']],
      [
        ['show', run_id],
        ['a-task-with-a-rath', 'timed out'],
      ],
    ] as const) {
      const bw = inTerminal([...args], columns);
      await bw.ended;
      const lines = stripVTControlCharacters(bw.printed()).split('\r\n');
      const found = lines.find((line) => line.startsWith(texts[0]));
      expect(found).toContain(texts[1]);
      expect(found?.length).toBeLessThanOrEqual(columns);
    }
  });
});

function longTaskRow(run_id: string): Record<string, unknown> & { task_id: string } {
  return {
    ...taskRowOf(run_id, 'a-task-with-a-rather-long-name-of-its-own', 'timed_out'),
    ...{ attempt: 3, model: 'm'.repeat(60), worker_id: 'w'.repeat(40), error_code: 'TIMED_OUT' },
  };
}

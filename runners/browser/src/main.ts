/**
 * The page: connects to the worker that serves it, says what it can measure on, and runs each task in a thread of its own.
 * It speaks the runner protocol (docs/protocol/runner.md), one JSON message in a WebSocket's.
 */
import type { RunnerCommand, RunnerMessage, RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { browserFacts } from './browser-facts.ts';
import { findDevices } from './devices.ts';
import { type DisturbanceWatch, watchDisturbances } from './disturbances.ts';
import type { FromTask, TaskFiles } from './messages.ts';

/** How often a socket is looked at that has not sent everything yet. */
const SENT_MS = 20;

interface Running {
  id: string;
  thread: Worker;
  watch: DisturbanceWatch;
}

const socket = new WebSocket(`ws://${location.host}/runner${location.search}`);
let running: Running | undefined;

const send = (message: RunnerMessage): void => socket.send(JSON.stringify(message));
const show = (text: string): void => {
  const state = document.querySelector('#state');
  if (state !== null) state.textContent = text;
};

socket.addEventListener('open', () => void ready());
socket.addEventListener('close', () => {
  show('The connection to the worker has ended.');
  end();
});
socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
  const command = JSON.parse(data) as RunnerCommand;
  if (command.type === 'task') start(command);
  else if (running?.id === command.id) {
    end();
    send({ type: 'ended', id: command.id });
  }
});

async function ready(): Promise<void> {
  const started = performance.now();
  const facts = await browserFacts();
  const devices = await findDevices(facts);
  const about = { runner_version: '1', versions: {}, import_ms: performance.now() - started, forks: true };
  send({ type: 'ready', v: 1, ...about, devices });
  show('Connected. The worker sends tasks to this page.');
}

function start(task: RunnerTask): void {
  const { id } = task;
  show(`Measures ${task.model}.`);
  const thread = new Worker(new URL('./task-thread.ts', import.meta.url), { type: 'module' });
  const watch = watchDisturbances((text) => send({ type: 'note', id, text, code: 'disturbed', batch_size: null }));
  running = { id, thread, watch };
  send({ type: 'started', id, pid: null });
  thread.addEventListener('message', ({ data }: MessageEvent<FromTask>) => {
    if (running?.thread !== thread) return;
    send({ ...data, id } as RunnerMessage);
    if (data.type === 'done' || data.type === 'failed') finish(id);
    if (data.type === 'window') goOnOnceSent(thread);
  });
  thread.addEventListener('error', (event) => {
    if (running?.thread !== thread) return;
    const message = `The thread that measured has failed: ${event.message}`;
    send({ type: 'failed', id, error: { class: 'crash', code: 'RUNNER_LOST', message }, batch_size: null });
    finish(id);
  });
  thread.postMessage({ task, files: task.options as unknown as TaskFiles });
}

/** A worker that reads slowly holds up the thread between its windows, and sending disturbs none. */
function goOnOnceSent(thread: Worker): void {
  if (running?.thread !== thread) return;
  if (socket.bufferedAmount === 0) thread.postMessage('continue');
  else setTimeout(() => goOnOnceSent(thread), SENT_MS);
}

function finish(id: string): void {
  end();
  send({ type: 'ended', id });
  show('Connected. The worker sends tasks to this page.');
}

function end(): void {
  running?.watch.stop();
  running?.thread.terminate();
  running = undefined;
}

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LiveSocket } from './live-socket.ts';
import { startTestServer, type TestServer } from './websocket-server.fixture.ts';

let server: TestServer;
let socket: LiveSocket;

beforeEach(async () => {
  server = await startTestServer();
  socket = new LiveSocket(server.url);
});
afterEach(() => {
  socket.stop();
  server.close();
});

const outcome = (number: number) => ({
  id: 's1',
  topic: 'run:r1',
  kind: 'outcome',
  sequence: `OUTCOMES:${number}`,
  data: number,
});

test('after a broken connection it subscribes again behind the last message, and tells nothing twice', async () => {
  const seen: unknown[] = [];
  socket.subscribe('run:r1', ({ data }) => seen.push(data));
  socket.start();
  await vi.waitFor(() => expect(server.heard).toEqual([{ op: 'subscribe', id: 's1', topic: 'run:r1' }]));
  server.say(outcome(7));
  await vi.waitFor(() => expect(seen).toEqual([7]));

  server.cut();
  await vi.waitFor(() => expect(socket.state).toBe('waiting'));
  const again = { op: 'subscribe', id: 's1', topic: 'run:r1', from: { OUTCOMES: 7 } };
  await vi.waitFor(() => expect(server.heard[1]).toEqual(again), 5000);
  server.say(outcome(7));
  server.say(outcome(8));
  await vi.waitFor(() => expect(seen).toEqual([7, 8]));
  expect(socket.state).toBe('open');
});

test('a connection that nobody answers is tried again', async () => {
  server.ignoreNext(1);
  const impatient = new LiveSocket(server.url, () => {}, 100);
  impatient.start();
  await vi.waitFor(() => expect(impatient.state).toBe('open'), 5000);
  impatient.stop();
});

test('listeners of a topic share a subscription, which ends with the last of them', async () => {
  const first: unknown[] = [];
  const second: unknown[] = [];
  socket.start();
  await vi.waitFor(() => expect(socket.state).toBe('open'));
  const leaveFirst = socket.subscribe('run:r1', ({ data }) => first.push(data));
  const leaveSecond = socket.subscribe('run:r1', ({ data }) => second.push(data));
  await vi.waitFor(() => expect(server.heard).toHaveLength(1));
  server.say(outcome(1));
  await vi.waitFor(() => expect([first, second]).toEqual([[1], [1]]));
  leaveFirst();
  server.say(outcome(2));
  await vi.waitFor(() => expect([first, second]).toEqual([[1], [1, 2]]));
  leaveSecond();
  await vi.waitFor(() => expect(server.heard[1]).toEqual({ op: 'unsubscribe', id: 's1' }));
});

test('what the server left out is counted and told', async () => {
  const told = vi.fn();
  socket.start();
  socket.onState(told);
  await vi.waitFor(() => expect(socket.state).toBe('open'));
  told.mockClear();
  server.say({ op: 'lagging', id: 's1', dropped: 12 });
  await vi.waitFor(() => expect(told).toHaveBeenCalledOnce());
  expect(socket.dropped).toBe(12);
});

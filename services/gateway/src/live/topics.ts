import type { Client } from '@benchwire/shared/client/client.ts';
import type { Watched, WatchedStream } from '@benchwire/shared/client/watched.ts';
import { READERS } from '@benchwire/shared/client/watched.ts';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import { REJECTED_SUBJECTS } from '@benchwire/shared/contracts/rejected.ts';
import { SCHEDULER_STATUS_SUBJECT } from '@benchwire/shared/contracts/status.ts';
import { HEARTBEAT_SUBJECTS } from '@benchwire/shared/contracts/worker.ts';
import { HttpProblem } from '../problem.ts';

export interface TopicMessage {
  kind: string;
  /** `STREAM:number`; null for what no stream keeps. */
  sequence: string | null;
  data: unknown;
}

const KINDS = { outcomes: 'outcome', events: 'event', findings: 'finding', metrics: 'metrics' } as const;
/** Messages of plain NATS that may wait for a client. */
const MOST_WAITING = 1000;

/**
 * Opens a topic; what is stored from then on is told, or what is behind `from`.
 * @param onDrop - called for each message that was left out because the reader was too slow
 * @throws HttpProblem 404 for a topic that there is not
 */
export async function openTopic(
  client: Client,
  topic: string,
  from: Record<string, number> | undefined,
  signal: AbortSignal,
  onDrop: () => void,
): Promise<AsyncIterable<TopicMessage>> {
  const [name = '', run = ''] = topic.split(':');
  const run_id = run === '' ? undefined : runId.safeParse(run).data;
  const streams = (chosen: WatchedStream[]) => watchStreams(client, chosen, run_id, from, signal);
  if (run === '') {
    if (name === 'events') return await streams(['events']);
    if (name === 'findings') return await streams(['findings']);
    if (name === 'status') return plain(client, SCHEDULER_STATUS_SUBJECT, 'status', signal, onDrop);
    if (name === 'heartbeats') return plain(client, HEARTBEAT_SUBJECTS, 'heartbeats', signal, onDrop);
    if (name === 'rejected') return plain(client, REJECTED_SUBJECTS, 'rejected', signal, onDrop);
  } else if (run_id !== undefined) {
    if (name === 'run') return await streams(['events', 'outcomes']);
    if (name === 'metrics') return await streams(['metrics']);
  }
  const known = 'run:<run_id>, metrics:<run_id>, events, findings, status, heartbeats, rejected';
  throw new HttpProblem(404, 'NO_SUCH_TOPIC', `There is no topic "${topic.slice(0, 128)}": use ${known}.`);
}

async function watchStreams(
  client: Client,
  streams: WatchedStream[],
  run_id: string | undefined,
  from: Record<string, number> | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<TopicMessage>> {
  const after = Object.fromEntries(streams.map((stream) => [stream, from?.[READERS[stream].name] ?? 0]));
  const watched = await client.watch({ streams, run_id, signal, from: from === undefined ? 'now' : { after } });
  return told(watched);
}

async function* told(watched: AsyncIterable<Watched>): AsyncGenerator<TopicMessage, void, undefined> {
  for await (const message of watched) {
    if (message.stream === 'unreadable') continue;
    yield {
      kind: KINDS[message.stream],
      sequence: `${READERS[message.stream].name}:${message.sequence}`,
      data: message.value,
    };
  }
}

async function* plain(
  { nats }: Client,
  subject: string,
  kind: string,
  signal: AbortSignal,
  onDrop: () => void,
): AsyncGenerator<TopicMessage, void, undefined> {
  const subscription = nats.subscribe(subject);
  const end = (): void => subscription.unsubscribe();
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const message of subscription) {
      if (subscription.getPending() > MOST_WAITING) {
        onDrop();
        continue;
      }
      const data = kind === 'rejected' ? { subject: message.subject } : readJson(message.string());
      if (data !== undefined) yield { kind, sequence: null, data };
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // it is in REJECTED, for whoever should have read it
  }
}

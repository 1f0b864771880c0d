import type { Client } from '@benchwire/shared/client/client.ts';
import { type LogPiece, liveLog } from '@benchwire/shared/client/logs.ts';
import type { Watched, WatchedMessage } from '@benchwire/shared/client/watched.ts';
import { type AttemptKey, attemptId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { RunOrTask } from '../connection/find-task.ts';
import type { LogPrinter } from './log-printer.ts';

const POLL_MS = 500;

/** An attempt whose log is being printed. */
interface Followed {
  key: AttemptKey;
  worker_id: string;
  /** Bytes of its log that are printed. */
  next: number;
}

/** What is read while a run is followed. Pieces are printed one after the other, or lines would come twice. */
class FollowedLogs {
  readonly #client: Client;
  readonly #printer: LogPrinter;
  readonly #running = new Map<string, Followed>();
  readonly #ended = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(client: Client, printer: LogPrinter) {
    this.#client = client;
    this.#printer = printer;
  }

  started(key: AttemptKey, worker_id: string): void {
    const id = attemptId(key);
    if (!this.#running.has(id) && !this.#ended.has(id)) this.#running.set(id, { key, worker_id, next: 0 });
  }

  /** Prints what running attempts have printed since the last call. */
  async poll(): Promise<void> {
    for (const [id, followed] of this.#running)
      await this.#inTurn(async () => {
        if (!this.#running.has(id)) return;
        const piece = await this.#ask(followed);
        if (piece === undefined || piece.next === followed.next) return;
        followed.next = piece.next;
        this.#printer.print(followed.key, piece.bytes);
      });
  }

  /** Prints the rest of an attempt's log: that of its worker, else what the outcome has. */
  async over(outcome: Outcome): Promise<void> {
    const id = attemptId(outcome);
    await this.#inTurn(async () => {
      if (this.#ended.has(id)) return;
      const followed = this.#running.get(id);
      this.#running.delete(id);
      this.#ended.add(id);
      const stored = Buffer.from(outcome.logs ?? '', 'base64');
      const read = followed === undefined || followed.next === 0 ? undefined : followed;
      const rest = read === undefined ? undefined : await this.#ask(read);
      const bytes = rest?.bytes ?? stored.subarray(read?.next ?? 0);
      if (bytes.length > 0) this.#printer.print(outcome, bytes);
    });
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    await mine;
  }

  /** A worker that is gone, or that this user may not ask, is no error: the outcome has the log, too. */
  async #ask({ key, worker_id, next }: Followed): Promise<LogPiece | undefined> {
    try {
      return await liveLog(this.#client.nats, worker_id, key, next);
    } catch (error) {
      if (error instanceof BenchwireError) return undefined;
      throw error;
    }
  }
}

/**
 * Prints the logs of a run, or of one task, as they grow: those of running attempts from their workers, those of attempts that
 * have ended from their outcomes. Ends with the run or the task.
 * @throws ClientError as `watch` does
 */
export async function followLogs(
  client: Client,
  { run_id, task_id }: RunOrTask,
  printer: LogPrinter,
  signal: AbortSignal,
): Promise<void> {
  const logs = new FollowedLogs(client, printer);
  const ended = new AbortController();
  const polling = pollUntil(logs, AbortSignal.any([signal, ended.signal]));
  try {
    for await (const message of readable(await client.watch({ run_id, streams: STREAMS, signal }))) {
      const of = message.value.task_id;
      if (of === null || (task_id !== undefined && of !== task_id)) continue;
      if (message.stream === 'outcomes') {
        await logs.over(message.value);
        if (task_id !== undefined && outcomeIsFinal(message.value)) break;
      } else {
        const { kind, attempt, worker_id } = message.value;
        if (kind === 'running' && attempt !== null && worker_id !== null)
          logs.started({ run_id, task_id: of, attempt }, worker_id);
      }
    }
  } finally {
    ended.abort();
    await polling;
  }
}

const STREAMS = ['outcomes', 'events'] as const;
type Message = WatchedMessage<(typeof STREAMS)[number]>;

async function* readable(messages: AsyncIterable<Watched<(typeof STREAMS)[number]>>): AsyncGenerator<Message> {
  for await (const message of messages) if (message.stream !== 'unreadable') yield message;
}

async function pollUntil(logs: FollowedLogs, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await logs.poll();
    await pause(POLL_MS, signal);
  }
}

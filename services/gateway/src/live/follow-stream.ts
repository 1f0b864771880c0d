import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { SharedTopics, StreamTopic } from './shared-topics.ts';
import type { Position, Told } from './told.ts';

export interface Follower {
  /** Called once, when nothing that is stored from now on can be missed. */
  begin(): void;
  send(message: Told): void;
  /** More is unsent than may be: the client reads too slowly. */
  isBehind(): boolean;
}

/** New messages that are held while a client reads what is stored. */
const MAX_HELD = 5000;
const LOOK_AGAIN_MS = 20;

/**
 * Tells one client a topic: what is stored behind `from` (nothing without it), then what is new; each message once, in its
 * stream's order. A client that can't keep up leaves those who can, and reads on from the stream at its own pace, until it
 * has caught up again: nothing is lost, and nobody else waits. Ends with the run or the signal.
 * @throws as `watch` does
 */
export async function followStream(
  shared: SharedTopics,
  topic: StreamTopic,
  from: Position | undefined,
  follower: Follower,
  signal: AbortSignal,
): Promise<void> {
  let told = from;
  const send = (message: Told, position: Position): void => {
    if (message.sequence <= (position[message.stream] ?? 0)) return;
    position[message.stream] = message.sequence;
    follower.send(message);
  };
  let has_begun = false;
  while (!signal.aborted) {
    const round = listening(follower, signal);
    const { position, stored, leave } = await shared.listen(topic, round.listener);
    try {
      if (!has_begun) follower.begin();
      has_begun = true;
      const reached: Position = told ?? position;
      if (told !== undefined) {
        for await (const message of stored({ ...told }, signal)) {
          while (follower.isBehind() && !signal.aborted) await pause(LOOK_AGAIN_MS, signal);
          send(message, reached);
        }
      }
      told = reached;
      round.goLive((message) => send(message, reached));
      const over = await round.over;
      if (over === 'ended') return;
    } finally {
      leave();
    }
    while (follower.isBehind() && !signal.aborted) await pause(LOOK_AGAIN_MS, signal);
  }
}

/** Holds what is new until it is wanted, and then passes it on; over when the topic has ended or the client is behind. */
function listening(follower: Follower, signal: AbortSignal) {
  const held: Told[] = [];
  const over = Promise.withResolvers<'ended' | 'behind'>();
  // A failure may come before anybody waits for it.
  over.promise.catch(() => undefined);
  let pass: ((message: Told) => void) | undefined;
  let has_ended = false;
  let is_behind = false;
  const fallBehind = (): void => {
    is_behind = true;
    over.resolve('behind');
  };
  const abort = (): void => over.resolve('ended');
  signal.addEventListener('abort', abort, { once: true });
  void over.promise.finally(() => signal.removeEventListener('abort', abort)).catch(() => undefined);
  return {
    over: over.promise,
    listener: {
      hear: (message: Told): void => {
        // What is left out here is read from the stream again.
        if (is_behind) return;
        if (pass === undefined) {
          held.push(message);
          if (held.length > MAX_HELD) fallBehind();
        } else if (follower.isBehind()) fallBehind();
        else pass(message);
      },
      end: (error: Error | undefined): void => {
        has_ended = true;
        if (error !== undefined) over.reject(error);
        else if (pass !== undefined) over.resolve('ended');
      },
    },
    goLive: (to: (message: Told) => void): void => {
      if (!is_behind) for (const message of held) to(message);
      held.length = 0;
      pass = to;
      if (has_ended && !is_behind) over.resolve('ended');
    },
  };
}

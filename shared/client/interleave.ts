import { pause } from '../runtime/lifecycle.ts';
import type { Step } from '../runtime/tail.ts';

interface Lane<T> {
  steps: AsyncIterator<Step<T>>;
  head: T | undefined;
  /** Whether to wait for its next item: true until it has said something. */
  behind: boolean;
  /** Its next step is asked for. */
  asked: boolean;
  over: boolean;
}

/**
 * Several ordered sources as one: each source's own order is kept, and between them the smallest `key` goes first. A
 * source that is behind is waited for, so that a replay comes out in order; one that has given out all it has is not,
 * so that what happens now is told at once. Holds one item of each source.
 * @param patience_ms - for how long a source that says it is behind may hold up the others
 */
export async function* interleave<T extends object>(
  sources: ReadonlyArray<AsyncIterable<Step<T>>>,
  key: (item: T) => number | bigint,
  patience_ms: number,
): AsyncGenerator<T, void, undefined> {
  let changed = Promise.withResolvers<void>();
  let failure: { error: unknown } | undefined;
  const lanes = sources.map(
    (source): Lane<T> => ({
      steps: source[Symbol.asyncIterator](),
      ...{ head: undefined, behind: true, asked: false, over: false },
    }),
  );
  const ask = async (lane: Lane<T>): Promise<void> => {
    lane.asked = true;
    try {
      const { done, value } = await lane.steps.next();
      if (done === true) lane.over = true;
      else {
        lane.head = value.item;
        lane.behind = value.behind;
      }
    } catch (error) {
      lane.over = true;
      failure ??= { error };
    }
    lane.asked = false;
    changed.resolve();
  };

  try {
    for (;;) {
      if (failure !== undefined) throw failure.error;
      const open = lanes.filter((lane) => !lane.over);
      if (open.length === 0) return;
      let first: Lane<T> | undefined;
      const awaited: Array<Lane<T>> = [];
      for (const lane of open) {
        if (lane.head === undefined) {
          if (!lane.asked) void ask(lane);
          if (lane.behind) awaited.push(lane);
        } else if (first?.head === undefined || key(lane.head) < key(first.head)) first = lane;
      }
      if (first?.head !== undefined && awaited.length === 0) {
        const item = first.head;
        first.head = undefined;
        yield item;
        continue;
      }
      changed = Promise.withResolvers();
      if (first === undefined) await changed.promise;
      else if (await isLate(changed.promise, patience_ms)) for (const lane of awaited) lane.behind = false;
    }
  } finally {
    // One that is asked just now ends once its answer is there: the code that made the sources ends those.
    for (const { steps } of lanes) void steps.return?.();
  }
}

async function isLate(awaited: Promise<void>, patience_ms: number): Promise<boolean> {
  const waited = new AbortController();
  const late = await Promise.race([awaited.then(() => false), pause(patience_ms, waited.signal).then(() => true)]);
  waited.abort();
  return late;
}

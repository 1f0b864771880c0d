import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { median, round, say } from '../report.ts';

/** Another way to have many short tasks done. */
export interface Peer {
  /** Tasks per second, from sending the first to having the last result. */
  run(tasks: number): Promise<number>;
  stop(): Promise<void>;
}

/** How fast a peer is in the median of some rounds, or why it was left out. */
export type PeerResult =
  | { tasks_per_second: number; ours_divided_by_it: number; tasks: number; rounds: number[] }
  | { skipped: string };

/**
 * Measures a peer on the same machine, after a round that warms it up.
 * @param ours - tasks per second of each of our own rounds
 */
export async function measurePeer(
  name: string,
  start: () => Promise<Peer | { skipped: string }>,
  { tasks, rounds, ours }: { tasks: number; rounds: number; ours: readonly number[] },
): Promise<PeerResult> {
  const peer = await start();
  if ('skipped' in peer) {
    say(`${name}: skipped, ${peer.skipped}`);
    return peer;
  }
  try {
    await peer.run(Math.ceil(tasks / 5));
    const speeds: number[] = [];
    for (let done = 0; done < rounds; done++) {
      speeds.push(await peer.run(tasks));
      say(`${name}: ${speeds.at(-1)?.toFixed(0)}/s`);
    }
    const tasks_per_second = round(median(speeds));
    return {
      tasks_per_second,
      ours_divided_by_it: round(median(ours) / median(speeds)),
      tasks,
      rounds: speeds.map(round),
    };
  } finally {
    await peer.stop();
  }
}

/** Ends a process that was started for a peer, and waits until it is gone. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { HeldLease, LeaseCandidate } from '@benchwire/shared/runtime/lease.ts';
import { pause, untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import { listen } from '@benchwire/shared/runtime/listen.ts';
import type { FleetChange } from '../fleet/fleet.ts';
import type { Strategy } from '../placement/strategy.ts';
import { Leader, type LeaderOptions } from './leader.ts';
import { setGauges, statusText } from './status.ts';
import { describe, Watchdog } from './watchdog.ts';

/** After a leader could not start, others get their turn first; doubled each time. */
const FAILED_PAUSE_MS = 500;
const MAX_FAILED_PAUSE_MS = 5000;
/** How often a leader is looked at. */
const WATCH_MS = 1000;
/** A leader that has not begun after so long is not ready. */
const START_MS = 3000;
/** Somebody else leads who has said so this long ago at most. */
const HEARD_MS = 3000;
/** How long what a leader has under way is waited for. */
const STOP_MS = 5000;
const STATUS_INTERVAL_MS = 1000;
/** What every NATS server takes in one message. */
const MIN_PAYLOAD = 64 * 1024;

/** What every leader of this instance is made with; the rest is of one term. */
export interface LeadershipOptions extends Omit<LeaderOptions, 'strategy' | 'lease' | 'onSpoiled' | 'now' | 'random'> {
  id: string;
  candidate: LeaseCandidate;
  strategy: () => Strategy;
}

export interface Leadership extends Running {
  onFleetChange(change: FleetChange): void;
  /** Whether it holds the lease. */
  readonly leading: boolean;
  /** Why it does not do its work: it holds the lease without leading, or could not lead and nobody else does. */
  notReady(): string | undefined;
}

/** Waits for the lease, leads while it holds, and goes back to waiting: a lost lease costs the memory, nothing else. */
export function takePartInLeadership(options: LeadershipOptions): Leadership {
  const { nats, manager, metrics, log } = options;
  const stopping = new AbortController();
  let leader: Leader | undefined;
  /** When the lease was won that is held. Monotonic, like all times here. */
  let won_at = 0;
  /** Why this instance could not lead when it last tried. */
  let failure: string | undefined;
  let failures = 0;
  let heard_another_at = Number.NEGATIVE_INFINITY;

  const lead = async (lease: HeldLease): Promise<void> => {
    const shutOut = new AbortController();
    /** Ends the term for a reason of its own. */
    let reason: string | undefined;
    const giveUp = (why: string): void => {
      reason ??= why;
      shutOut.abort();
    };
    won_at = performance.now();
    const current = new Leader({
      ...{ ...options, strategy: options.strategy(), lease, now: Date.now, random: Math.random },
      onSpoiled: giveUp,
    });
    leader = current;
    const onFenced = (): void => {
      void (async () => {
        // Redis may only have forgotten who leads.
        if ((await lease.confirm()) && (await takeOver(lease, onFenced))) return;
        shutOut.abort();
      })().catch((error: unknown) => giveUp(`could not take the queues back: ${messageOf(error)}`));
    };
    const start = async (): Promise<void> => {
      if (!(await takeOver(lease, onFenced)))
        throw new BenchwireError('FENCED', `Redis knows of a later leader than epoch ${lease.epoch}`);
      await current.start();
      if (!current.progress.is_leading) return;
      metrics.leader.set(1);
      failure = undefined;
      failures = 0;
    };
    const over = AbortSignal.any([lease.lost, stopping.signal, shutOut.signal]);
    const watching = watch(current, giveUp, over);
    try {
      const aborted = untilAborted(over);
      await Promise.race([start(), aborted]);
      await aborted;
      if (reason !== undefined) throw new BenchwireError('NOT_LEADING', reason);
      if (!stopping.signal.aborted) log.warn('lost the lease, standing by');
    } finally {
      shutOut.abort();
      metrics.leader.set(0);
      // It decides nothing any more, and what is still on its way is fenced: the next one may begin.
      const stopped = current.stop();
      await lease.release();
      await watching;
      // What waits for a server that is away ends with it, and is fenced when it does.
      await Promise.race([stopped, pause(STOP_MS)]);
      leader = undefined;
    }
  };

  const watch = async (current: Leader, giveUp: (why: string) => void, over: AbortSignal): Promise<void> => {
    const watchdog = new Watchdog(manager);
    while (!over.aborted) {
      await pause(WATCH_MS, over);
      try {
        const stuck = over.aborted ? undefined : await watchdog.look(current.progress, performance.now());
        if (stuck !== undefined) giveUp(stuck);
      } catch (error) {
        // NATS does not answer; the lease tells for how long it may.
        log.debug({ err: error }, 'could not look whether the leader gets on');
      }
    }
  };

  const takeOver = (lease: HeldLease, onFenced: () => void): Promise<boolean> =>
    options.queues.takeOver(lease.epoch, () => lease.newestEpoch(), onFenced);

  const loop = (async () => {
    for (;;) {
      const lease = await options.candidate.win(stopping.signal);
      if (lease === undefined) return;
      if (stopping.signal.aborted) {
        // Won in the very moment of the stop.
        await lease.release();
        return;
      }
      try {
        await lead(lease);
      } catch (error) {
        failure = messageOf(error);
        log.error({ err: error, reason: failure }, 'could not lead, standing by again');
        await pause(Math.min(MAX_FAILED_PAUSE_MS, FAILED_PAUSE_MS * 2 ** failures++), stopping.signal);
      }
    }
  })();

  const stopListening = listen(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, (said) => {
    if (said.leader !== options.id) heard_another_at = performance.now();
  });

  const status = setInterval(() => {
    const current = leader?.status(options.id);
    setGauges(metrics, current, options.fleet);
    if (current === undefined || nats.isClosed()) return;
    nats.publish(SCHEDULER_STATUS_SUBJECT, statusText(current, nats.info?.max_payload ?? MIN_PAYLOAD));
    leader?.reportDemand(current.pools);
  }, STATUS_INTERVAL_MS);

  return {
    onFleetChange: (change) => leader?.onFleetChange(change),
    get leading() {
      return leader !== undefined;
    },
    notReady: () => {
      const now = performance.now();
      if (leader?.progress.is_leading === true) return undefined;
      if (leader !== undefined && now - won_at >= START_MS) {
        const for_s = Math.round((now - won_at) / 1000);
        return `holds the lease for ${for_s} s and does not lead yet: ${describe(leader.progress)}`;
      }
      if (failure === undefined || now - heard_another_at < HEARD_MS) return undefined;
      return `could not lead: ${failure}`;
    },
    stop: async () => {
      clearInterval(status);
      stopListening();
      stopping.abort();
      await loop;
    },
  };
}

import type { Notification } from '@benchwire/shared/contracts/notify.ts';
import type { Receiver } from '@benchwire/shared/contracts/notify-receiver.ts';

/** One revision of a message on its way to the other side. */
export interface Outgoing {
  notification: Notification;
  /** The same for every attempt at this revision: the other side can tell a repetition by it. */
  key: string;
  /** What the other side calls the revision before, where there was one. */
  external_id: string | undefined;
  /** From 1 on: what is not the first attempt may have been taken already. */
  attempt: number;
  /** This and the other messages that are shown in the same place at the other side, as they are now; in the order in which they began. */
  beside: readonly Notification[];
  /** Where the dashboard is, without a slash at the end; undefined where that is not configured. */
  dashboard_url: string | undefined;
}

/** Sends to one kind of other side. */
export interface Connector {
  /**
   * @returns what the other side calls the message, for edits; null where it has no name for it
   * @throws Refused where trying again can't help, Later where the other side says when (shared/outbound/errors.ts); anything else is tried again
   */
  deliver(outgoing: Outgoing, signal: AbortSignal): Promise<string | null>;
  /** Where the other side forgets what is not said once more: says of messages that were sent what of them is still open. */
  refresh?(messages: readonly Notification[], dashboard_url: string | undefined, signal: AbortSignal): Promise<void>;
  close?(): void;
}

/** The settings of a connector's receivers. */
export type Settings<N extends Receiver['connector']> = Extract<Receiver, { connector: N }>;

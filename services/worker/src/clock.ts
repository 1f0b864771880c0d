import type { ClockOffset } from '@benchwire/shared/contracts/clock.ts';
import { isClockOff } from '@benchwire/shared/format/clock-words.ts';

/** A change by more than this is worth a word, beyond what the measurings may be wrong by. */
const CHANGED_MS = 1000;
/** The machine's clock may drift by this much from the monotonic one before the offset is measured anew. */
const JUMPED_MS = 500;

/** A clock that nobody sets drifts by no more. */
const DRIFT = 1e-4;

/** The two clocks of the machine, milliseconds: what it shows, and one that only goes forward. */
export interface MachineClocks {
  wall(): number;
  monotonic(): number;
}

const MACHINE: MachineClocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * The time of the NATS server, by whose time everything is ordered. One message that the server stored, and when it was sent and confirmed,
 * tell how far the machine's clock is off, with half the round trip as uncertainty (as NTP does); from there the monotonic clock
 * counts on, so a machine's clock that is set or runs backwards changes nothing. Until the first measuring, the machine's clock.
 */
export class FleetClock {
  readonly #machine: MachineClocks;
  /** Server time minus the monotonic clock, and how wrong that may be. */
  #base: { ahead_ms: number; uncertainty_ms: number; at_ms: number } | undefined;
  #told: ClockOffset | undefined;
  #wall_ahead_ms = 0;

  constructor(machine: MachineClocks = MACHINE) {
    this.#machine = machine;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#base === undefined ? this.#machine.wall() : this.#base.ahead_ms + this.#machine.monotonic();
  }

  /** Now, as messages have it. */
  timestamp(): string {
    return new Date(this.now()).toISOString();
  }

  /** How far the machine's clock is off; undefined until it was measured. */
  get offset(): ClockOffset | undefined {
    if (this.#base === undefined) return undefined;
    const offset_ms = Math.round((this.#machine.wall() - this.now()) * 10) / 10;
    return { offset_ms, uncertainty_ms: this.#base.uncertainty_ms };
  }

  /** A time by the machine's clock, as the server would have it. */
  corrected(wall_ms: number): number {
    return wall_ms - (this.offset?.offset_ms ?? 0);
  }

  /**
   * Takes what the server said.
   * @param server_ms - the time that it stored a message with
   * @param sent_ms - by the monotonic clock, before the message left
   * @param confirmed_ms - by the monotonic clock, when the server had confirmed it
   */
  set(server_ms: number, sent_ms: number, confirmed_ms: number): void {
    const half_ms = (confirmed_ms - sent_ms) / 2;
    const uncertainty_ms = Math.ceil(half_ms * 10) / 10 + 1;
    const known = this.#base;
    // A slow answer says less than a quick one did before, as far as the clocks have drifted apart since.
    if (
      known !== undefined &&
      !this.hasJumped &&
      uncertainty_ms > known.uncertainty_ms + (sent_ms - known.at_ms) * DRIFT
    )
      return;
    this.#base = { ahead_ms: server_ms - (sent_ms + half_ms), uncertainty_ms, at_ms: confirmed_ms };
    this.#wall_ahead_ms = this.#wallAhead();
  }

  /** Whether the machine's clock was set, or the machine slept, since the offset was measured. */
  get hasJumped(): boolean {
    return this.#base !== undefined && Math.abs(this.#wallAhead() - this.#wall_ahead_ms) > JUMPED_MS;
  }

  /** The offset, where it is wrong for the first time, or other than when this was asked last and said something. */
  takeChange(): ClockOffset | undefined {
    const offset = this.offset;
    if (offset === undefined) return undefined;
    const before = this.#told ?? { offset_ms: 0, uncertainty_ms: 0 };
    const slack_ms = CHANGED_MS + offset.uncertainty_ms + before.uncertainty_ms;
    if (Math.abs(offset.offset_ms - before.offset_ms) <= slack_ms) return undefined;
    if (!isClockOff(offset) && !isClockOff(before)) return undefined;
    this.#told = offset;
    return offset;
  }

  #wallAhead(): number {
    return this.#machine.wall() - this.#machine.monotonic();
  }
}

/** Buckets of one kind, by whom they are for: each holds a minute's worth and fills at that rate. Time is an argument. */
export class RateLimit {
  readonly #per_minute: number;
  readonly #max_keys: number;
  readonly #buckets = new Map<string, { left: number; at_ms: number }>();

  constructor(per_minute: number, max_keys = 20_000) {
    this.#per_minute = per_minute;
    this.#max_keys = max_keys;
  }

  /**
   * Takes what something costs; what costs more than a whole bucket takes a full one.
   * @returns 0, or in how many seconds it may be tried again; then nothing is taken
   */
  take(key: string, now_ms: number, cost = 1): number {
    const known = this.#buckets.get(key);
    const per_ms = this.#per_minute / 60_000;
    const left =
      known === undefined
        ? this.#per_minute
        : Math.min(this.#per_minute, known.left + Math.max(0, now_ms - known.at_ms) * per_ms);
    const taken = Math.min(cost, this.#per_minute);
    const is_enough = left >= taken;
    // Last used is last in the map, so that the first is the one to forget.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: is_enough ? left - taken : left, at_ms: now_ms });
    if (this.#buckets.size > this.#max_keys)
      for (const [oldest] of this.#buckets) {
        this.#buckets.delete(oldest);
        break;
      }
    return is_enough ? 0 : Math.max(1, Math.ceil((taken - left) / per_ms / 1000));
  }
}

/**
 * What an address counts as: IPv6 by its /64, which is what one household or machine is given; IPv4 whole, also where it comes
 * in the form of IPv6.
 */
export function addressKey(address: string): string {
  const plain = address.toLowerCase().replace(/%.*$/, '');
  const mapped = /^(?:0*:)*:?(?:0*:)*ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - groups(tail).length);
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...groups(tail ?? '')];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** How far a subscription has come in each stream: to go on from there after a reconnect, and to see nothing twice. */
export class LiveCursors {
  #last = new Map<string, number>();

  /** Remembers a message's place, `STREAM:number`; false where it has been seen before. A message without one is new. */
  isNew(sequence: string | null): boolean {
    const [stream, number] = (sequence ?? '').split(':');
    const place = Number(number);
    if (stream === undefined || number === undefined || !Number.isFinite(place)) return true;
    if (place <= (this.#last.get(stream) ?? 0)) return false;
    this.#last.set(stream, place);
    return true;
  }

  /** The last place in each stream, or undefined where nothing has been seen. */
  from(): Record<string, number> | undefined {
    return this.#last.size === 0 ? undefined : Object.fromEntries(this.#last);
  }
}

/** The other side will not take it: a wrong address or login, or a message that it does not understand. */
export class Refused extends Error {
  /** The HTTP status, where there was one. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

/** The other side takes nothing for a while. */
export class Later extends Error {
  readonly after_ms: number;

  constructor(message: string, after_ms: number) {
    super(message);
    this.name = 'Later';
    this.after_ms = after_ms;
  }
}

import { statfsSync } from 'node:fs';

/** With less, servers' writes fail. */
const FULL_BYTES = 16e6;
/** With as much, all of them have started writing again. */
const ROOM_BYTES = 64e6;
const LOOK_MS = 1000;

interface DiskWatchOptions {
  folder: string;
  say: (text: string) => void;
  /** Once there is room again. */
  onRoom: () => void;
}

/** Watches the room on the data folder's disk, and says when it is full and when there is room again. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #full = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  get full(): boolean {
    return this.#full;
  }

  look(): void {
    const { folder, say, onRoom } = this.#options;
    const free_bytes = freeBytes(folder);
    if (free_bytes === undefined) return;
    if (!this.#full && free_bytes < FULL_BYTES) {
      this.#full = true;
      say(
        `disk full: ${inMb(free_bytes)} are free for ${folder}, and ${inMb(ROOM_BYTES)} are needed. Everything waits and goes on when there is room; nothing is lost.`,
      );
    }
    if (this.#full && free_bytes >= ROOM_BYTES) {
      this.#full = false;
      say(`there is room on the disk again: ${inMb(free_bytes)} are free for ${folder}.`);
      onRoom();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined; // the folder is gone, which others will notice
  }
}

const inMb = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;

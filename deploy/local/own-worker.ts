import { workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { WorkerView } from './autoscale-steps.ts';
import type { ServiceHandle } from './stack.ts';

const ANSWER_MS = 2000;

/** What a worker says of itself on `/metrics`. */
interface Identity {
  worker_id: string;
  pools: ReadonlySet<string>;
  running: number;
}

/** One of the stack's worker processes, under the autoscaler. */
export class OwnWorker {
  readonly handle: ServiceHandle;
  #identity: Identity | undefined;
  /** Which process was told to drain: one that was started again since has forgotten it. */
  #drained_pid: number | undefined;

  constructor(handle: ServiceHandle) {
    this.handle = handle;
  }

  get name(): string {
    return this.handle.name;
  }

  get pools(): ReadonlySet<string> {
    return this.#identity?.pools ?? new Set();
  }

  /** Undefined while it is down, or going down. */
  get view(): WorkerView | undefined {
    const { name, state, pid } = this.handle;
    if (this.isDown || state === 'exiting') return undefined;
    const running = this.#identity?.running;
    if (state !== 'ready') return { name, state: 'starting', running };
    return { name, state: pid === this.#drained_pid ? 'draining' : 'ready', running };
  }

  /** Whether it can be started. */
  get isDown(): boolean {
    return this.handle.state === 'stopped' || this.handle.state === 'failed';
  }

  /** Asks it who it is and what it runs. */
  async look(): Promise<void> {
    if (this.handle.state !== 'ready') {
      this.#identity = undefined;
      return;
    }
    try {
      const answer = await fetch(`${this.handle.http_url}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
      this.#identity = readIdentity(await answer.text());
    } catch {
      this.#identity = undefined; // it is just going, or too busy to answer
    }
  }

  /** Comes up again. @throws BenchwireError when it does not */
  async start(): Promise<void> {
    this.handle.start();
    await this.handle.waitReady();
  }

  /** Makes it take no more jobs, or take them again; it answers once it does. */
  async tell(nats: NatsConnection, command: 'drain' | 'resume'): Promise<void> {
    if (this.#identity === undefined) throw new Error(`${this.name} does not answer`);
    const { worker_id } = this.#identity;
    await nats.request(workerCommandSubject(worker_id), JSON.stringify({ command }), { timeout: ANSWER_MS });
    this.#drained_pid = command === 'drain' ? this.handle.pid : undefined;
    // What it runs is to be looked at anew before anything is concluded from it.
    this.#identity = undefined;
  }
}

/** Undefined when the page is not a worker's. */
export function readIdentity(page: string): Identity | undefined {
  const running = /^benchwire_worker_running(?:\{[^}]*\})? (\d+)$/m.exec(page)?.[1];
  const infos = [...page.matchAll(/^benchwire_worker_info\{([^}]*)\} 1$/gm)].map(([, labels = '']) => labels);
  const label = (labels: string, name: string): string | undefined =>
    new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];
  const worker_id = label(infos[0] ?? '', 'worker_id');
  if (running === undefined || worker_id === undefined) return undefined;
  return {
    worker_id,
    pools: new Set(infos.flatMap((labels) => label(labels, 'pool') ?? [])),
    running: Number(running),
  };
}

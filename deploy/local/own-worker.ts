import { workerRegistered } from '@benchwire/shared/contracts/join.ts';
import {
  type Heartbeat,
  heartbeat,
  heartbeatSubject,
  workerCommandSubject,
} from '@benchwire/shared/contracts/worker.ts';
import { listen } from '@benchwire/shared/runtime/listen.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { WorkerView } from './autoscale-steps.ts';
import type { ServiceHandle } from './service-launcher.ts';

const ANSWER_MS = 2000;

/** Who a worker is, as it tells the process that started it. */
interface Identity {
  worker_id: string;
  pools: ReadonlySet<string>;
}

/** One of the stack's worker processes, under the autoscaler. What it does is taken from its heartbeats. */
export class OwnWorker {
  readonly handle: ServiceHandle;
  #nats: NatsConnection;
  /** The process that the rest is about. */
  #pid: number | undefined;
  #identity: Identity | undefined;
  #heartbeat: Heartbeat | undefined;
  /** Whether this autoscaler made it drain: what a person has drained or quarantined is not for it to take back. */
  #drained_here = false;
  /** A command is on its way: heartbeats may tell of the time before it. */
  #telling = false;
  #stopListening: () => void = () => {};

  constructor(handle: ServiceHandle, nats: NatsConnection) {
    this.handle = handle;
    this.#nats = nats;
  }

  /** Undefined until it has answered. */
  get worker_id(): string | undefined {
    return this.#identity?.worker_id;
  }

  get pools(): ReadonlySet<string> {
    return this.#identity?.pools ?? new Set();
  }

  /** Whether it can be started. */
  get isDown(): boolean {
    return this.handle.state === 'stopped' || this.handle.state === 'failed';
  }

  /** Undefined while it is down, or going down. */
  get view(): WorkerView | undefined {
    const { name, state, pid } = this.handle;
    if (this.isDown || state === 'exiting') return undefined;
    const beat = pid === this.#pid ? this.#heartbeat : undefined;
    const running = beat === undefined ? undefined : Object.values(beat.running).flat().length;
    if (state !== 'ready') return { name, state: 'starting', running };
    if (beat?.state !== 'draining') return { name, state: 'ready', running };
    const by_us = this.#drained_here && beat.paused === undefined;
    return { name, state: by_us ? 'draining' : 'held', running };
  }

  /** Finds out who it is, once for each process, and listens to it from then on. */
  look(): void {
    const { state, pid, message } = this.handle;
    if (state !== 'ready' || (pid === this.#pid && this.#identity !== undefined)) return;
    this.#stopListening();
    this.#pid = pid;
    this.#heartbeat = undefined;
    this.#drained_here = false;
    this.#identity = identityOf(message);
    if (this.#identity === undefined) return;
    this.#stopListening = listen(this.#nats, heartbeatSubject(this.#identity.worker_id), heartbeat, (beat) => {
      this.#heartbeat = beat;
      if (beat.state === 'ready' && !this.#telling) this.#drained_here = false;
    });
  }

  /** Comes up again. @throws BenchwireError when it does not */
  async start(): Promise<void> {
    this.handle.start();
    await this.handle.waitReady();
  }

  /** Makes it take no more jobs, or take them again. When it answers, its heartbeat has said so. */
  async tell(command: 'drain' | 'resume'): Promise<void> {
    const { worker_id } = this.#identity ?? {};
    if (worker_id === undefined) throw new Error(`${this.handle.name} does not answer`);
    if (command === 'drain') this.#drained_here = true;
    this.#telling = true;
    try {
      await this.#nats.request(workerCommandSubject(worker_id), JSON.stringify({ command }), { timeout: ANSWER_MS });
    } finally {
      this.#telling = false;
    }
  }
}

/** Who a worker is that has sent this to the process that started it; undefined where it is another message. Pure. */
export function identityOf(message: unknown): Identity | undefined {
  const parsed = workerRegistered.safeParse(message);
  if (!parsed.success) return undefined;
  const { worker_id, devices } = parsed.data.registered;
  return { worker_id, pools: new Set(devices.map(({ pool }) => pool)) };
}

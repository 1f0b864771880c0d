import type { LocalStack, StackOptions } from '@benchwire/deploy/local/stack.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runMessageId, runSubject } from '@benchwire/shared/contracts/run.ts';
import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import { pingServices } from '@benchwire/shared/runtime/ping-services.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { vi } from 'vitest';
import { storedOutcomes } from './outcomes.ts';
import { StackFixture } from './stack-fixture.ts';
import { TestWorker, type TestWorkerOptions } from './test-worker.ts';

/** Schedulers on real servers, without the other services, and workers whose tasks do what a test says. */
export class SchedulerFixture {
  readonly stack: LocalStack;
  readonly nats: NatsConnection;
  readonly #fixture: StackFixture;
  readonly #workers: TestWorker[] = [];

  private constructor(fixture: StackFixture) {
    this.#fixture = fixture;
    this.stack = fixture.stack;
    this.nats = fixture.nats;
  }

  /** @param env - addresses of servers that are there already, and settings of the services */
  static async start(
    services: NonNullable<StackOptions['services']>,
    env: NonNullable<StackOptions['env']> = {},
  ): Promise<SchedulerFixture> {
    const none = { ingest: 0, scheduler: 0, worker: 0, aggregator: 0, anomaly: 0, gateway: 0 };
    return new SchedulerFixture(await StackFixture.start({ env, services: { ...none, ...services } }));
  }

  async stop(): Promise<void> {
    for (const worker of this.#workers) await worker.stop();
    await this.#fixture.stop();
  }

  async worker(options: Partial<TestWorkerOptions> = {}): Promise<TestWorker> {
    const worker = new TestWorker({
      nats: this.nats,
      redis_url: this.stack.env.REDIS_URL ?? '',
      worker_id: `w-${crypto.randomUUID().slice(0, 8)}`,
      ...options,
    });
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  async publishRun(message: RunMessage): Promise<void> {
    await jetstream(this.nats).publish(runSubject(message.run_id), JSON.stringify(message), {
      msgID: runMessageId(message),
    });
  }

  async submit(body: unknown): Promise<string> {
    const run_id = newRunId();
    const at = new Date().toISOString();
    await this.publishRun({ v: 1, run_id, at, kind: 'submitted', request: request.parse(body) });
    return run_id;
  }

  /** Everything OUTCOMES holds of a run. */
  async outcomes(run_id: string): Promise<Outcome[]> {
    return await storedOutcomes(this.nats, run_id);
  }

  /** The run is over when RUNS holds nothing of it any more. */
  async finished(run_id: string, timeout = 60_000): Promise<Outcome[]> {
    const manager = await jetstreamManager(this.nats);
    await vi.waitFor(
      async () => {
        const info = await manager.streams.info('RUNS', { subjects_filter: runSubject(run_id) });
        if (Object.keys(info.state.subjects ?? {}).length > 0) throw new Error(`run ${run_id} is still open`);
      },
      { timeout, interval: 100 },
    );
    return await this.outcomes(run_id);
  }

  /** Every service instance that answers within a moment. */
  async instances(): Promise<ServiceHealth[]> {
    return await pingServices(this.nats, 300);
  }

  /** The scheduler that says that it leads, once exactly one does. */
  async leader(): Promise<ServiceHealth> {
    return await vi.waitFor(
      async () => {
        const [leader, ...others] = (await this.instances()).filter((each) => each.role === 'leader');
        if (leader === undefined || others.length > 0) throw new Error(`${others.length} more than one leader`);
        return leader;
      },
      { timeout: 20_000, interval: 20 },
    );
  }
}

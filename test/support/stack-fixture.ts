import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, type StackOptions, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { Client } from '@benchwire/shared/client/client.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { connectNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { z } from 'zod';

/** The local stack, in a folder of its own where a test names none, with a connection to it. */
export class StackFixture {
  readonly stack: LocalStack;
  readonly nats: NatsConnection;
  /** Over the same connection. */
  readonly client: Client;
  readonly #folder: string | undefined;

  private constructor(stack: LocalStack, nats: NatsConnection, folder: string | undefined) {
    this.stack = stack;
    this.nats = nats;
    this.client = new Client(nats);
    this.#folder = folder;
  }

  static async start(options: Partial<StackOptions> = {}): Promise<StackFixture> {
    const folder = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'bw-stack-')) : undefined;
    const stack = await startLocalStack({ dataDir: folder ?? '', ...options, services: services(options.services) });
    try {
      const nats = await connectNats('test', loadConfig(z.object(natsVariables), stack.env));
      return new StackFixture(stack, nats, folder);
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Stops everything, and removes the folder unless the test named it. */
  async stop(): Promise<void> {
    await this.nats.close();
    await this.stack.stop();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Without a notifier, unless a test asks for it: few do, and it is one more process in each stack. */
const services = (asked: StackOptions['services']): NonNullable<StackOptions['services']> =>
  Array.isArray(asked) ? asked : { notifier: 0, ...asked };

import { vi } from 'vitest';
import type { NatsFixture } from './nats-fixture.ts';
import { type SpawnedService, spawnService } from './spawn-service.ts';

/** A gateway as a process of its own, against a real NATS server. */
export interface GatewayProcess {
  service: SpawnedService;
  port: number;
  url: string;
}

export async function startGateway(fixture: NatsFixture, env: Record<string, string> = {}): Promise<GatewayProcess> {
  const service = spawnService('gateway', { ...fixture.servers.env, HTTP_PORT: '0', ...env });
  const port = await vi.waitFor(
    () => {
      const ready = service.port();
      if (ready === undefined) throw new Error('not ready');
      return ready;
    },
    { timeout: 30_000 },
  );
  return { service, port, url: `http://127.0.0.1:${port}` };
}

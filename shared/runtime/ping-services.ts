import { SERVICE_PING_SUBJECT, type ServiceHealth, serviceHealth } from '../contracts/service.ts';
import { parseJson } from './issues.ts';
import { isNobodyThere, type NatsConnection } from './nats.ts';

/** Between two answers of instances that are there. */
const STALL_MS = 120;

/** Every instance of every service that answers within the time, or until no more come. One whose answer cannot be read is left out. */
export async function pingServices(nats: NatsConnection, wait_ms: number): Promise<ServiceHealth[]> {
  const found: ServiceHealth[] = [];
  try {
    const replies = await nats.requestMany(SERVICE_PING_SUBJECT, '', {
      strategy: 'stall',
      stall: STALL_MS,
      maxWait: wait_ms,
    });
    for await (const reply of replies) {
      const parsed = parseJson(serviceHealth, reply.data);
      if (parsed.ok) found.push(parsed.value);
    }
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
  }
  return found;
}

import { z } from 'zod';
import type { Checkout } from './checkout.ts';

/** The gateway, and a key of somebody who may read. */
export interface Api {
  url: string;
  key: string;
}

/** How far a run is. */
export interface Progress {
  run_id: string;
  completed: number;
}

const page = z.object({
  items: z.array(z.object({ run_id: z.string(), name: z.string(), completed: z.number() })),
});

/**
 * The newest run of a name, as the HTTP API has it.
 * @throws Error while what the answer comes from is being restarted
 */
export async function progressOf(name: string, { url, key }: Api): Promise<Progress> {
  const headers = { authorization: `Bearer ${key}` };
  // The service that answers may be the one that was killed: asked again then, before the run is over.
  const answer = await fetch(`${url}/api/runs`, { headers, signal: AbortSignal.timeout(5000) });
  const run = page.parse(await answer.json()).items.find((each) => each.name === name);
  if (run === undefined) throw new Error(`there is no run ${name} yet`);
  return run;
}

/** The scheduler's container that leads. */
export async function leaderAmong(checkout: Checkout): Promise<string> {
  const metrics = 'exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET /metrics HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3';
  for (const id of await checkout.containers('scheduler')) {
    const text = await checkout.docker('exec', id, 'bash', '-c', metrics);
    if (/^benchwire_scheduler_leader\S* 1$/m.test(text)) return id;
  }
  throw new Error('no scheduler leads');
}

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { z } from 'zod';
import { writePrivateFile } from './private-file.ts';

const credentials = z.object({
  nats_user: z.string(),
  nats_password: z.string(),
  redis_password: z.string(),
  /** Of the gateway, with the role admin. Files from before 0.3 have none. */
  api_key: z.string().optional(),
  /** Of users that may do less (shared/contracts/roles.ts). Files from before 0.5 have none; one that is deleted is made anew. */
  nats_worker_password: z.string().optional(),
  nats_viewer_password: z.string().optional(),
  redis_worker_password: z.string().optional(),
});
export type Credentials = Record<keyof z.infer<typeof credentials>, string>;

/** The data folder's credentials for NATS, Redis and the gateway, made up at the first start and kept. */
export function loadCredentials(path: string): Credentials {
  const known = existsSync(path) ? read(path) : {};
  const all = { ...madeUp(), ...known } as Credentials; // what JSON has not is not there, rather than undefined
  if (Object.keys(all).length > Object.keys(known).length) writePrivateFile(path, `${JSON.stringify(all, null, 2)}\n`);
  return all;
}

const madeUp = (): Credentials => ({
  nats_user: 'benchwire',
  nats_password: password(),
  redis_password: password(),
  api_key: `bw_${password()}`,
  nats_worker_password: password(),
  nats_viewer_password: password(),
  redis_worker_password: password(),
});

function read(path: string): z.infer<typeof credentials> {
  try {
    return credentials.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new BenchwireError('CREDENTIALS_BROKEN', `${path} can't be read; delete it and new credentials are made`, {
      cause: error,
    });
  }
}

/** URL-safe, 256 bits. */
function password(): string {
  return randomBytes(32).toString('base64url');
}

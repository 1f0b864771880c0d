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
});
export type Credentials = z.infer<typeof credentials> & { api_key: string };

/** The data folder's credentials for NATS, Redis and the gateway, made up at the first start and kept. */
export function loadCredentials(path: string): Credentials {
  const known = existsSync(path)
    ? read(path)
    : { nats_user: 'benchwire', nats_password: password(), redis_password: password() };
  if (known.api_key !== undefined) return { ...known, api_key: known.api_key };
  const fresh = { ...known, api_key: `bw_${password()}` };
  writePrivateFile(path, `${JSON.stringify(fresh, null, 2)}\n`);
  return fresh;
}

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

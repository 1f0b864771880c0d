import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Role, role } from '@benchwire/shared/contracts/http.ts';
import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { GatewayConfig } from '../config.ts';
import { HttpProblem } from '../problem.ts';
import type { Caller } from './caller.ts';

export type VerifyToken = (token: string) => Promise<Caller>;

/** How JWTs are checked, or undefined where the configuration names no issuer's key. */
export async function tokenVerifier(config: GatewayConfig): Promise<VerifyToken | undefined> {
  const { JWT_SECRET: secret, JWT_PUBLIC_KEY_FILE: key_file, JWT_JWKS_FILE: set_file } = config;
  const options: JWTVerifyOptions = {
    ...{ issuer: config.JWT_ISSUER ?? '', audience: config.JWT_AUDIENCE ?? '' },
    // With a shared secret only HMAC: a public key taken for a secret is an old trick.
    algorithms:
      secret === undefined
        ? config.JWT_ALGORITHMS.filter((name) => !name.startsWith('HS'))
        : ['HS256', 'HS384', 'HS512'],
    requiredClaims: ['exp', 'sub'],
  };
  const check = async (): Promise<((token: string) => Promise<{ payload: JWTPayload }>) | undefined> => {
    if (secret !== undefined) {
      const bytes = new TextEncoder().encode(secret);
      return (token) => jwtVerify(token, bytes, options);
    }
    if (key_file !== undefined) {
      const key = createPublicKey(await readFile(key_file));
      return (token) => jwtVerify(token, key, options);
    }
    if (set_file === undefined) return undefined;
    const set = createLocalJWKSet(JSON.parse(await readFile(set_file, 'utf8')));
    return (token) => jwtVerify(token, set, options);
  };
  const verify = await check();
  if (verify === undefined) return undefined;
  return async (token) => {
    const { payload } = await verify(token).catch((error: unknown) => {
      if (error instanceof errors.JOSEError)
        throw new HttpProblem(401, 'TOKEN_INVALID', `The token is not valid: ${error.message}.`);
      throw error;
    });
    return callerOf(payload, roleOf(payload[config.JWT_ROLE_CLAIM], config.JWT_ROLE_CLAIM));
  };
}

function roleOf(claim: unknown, name: string): Role {
  const parsed = role.safeParse(claim);
  if (parsed.success) return parsed.data;
  throw new HttpProblem(
    403,
    'ROLE_UNKNOWN',
    `The token's claim "${name}" names no role: use ${role.options.join(', ')}.`,
  );
}

function callerOf({ sub = '', exp = 0 }: JWTPayload, role: Role): Caller {
  return { subject: sub, role, expires_at: new Date(exp * 1000).toISOString(), by_cookie: false };
}

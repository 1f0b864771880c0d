import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Role, role } from '@benchwire/shared/contracts/http.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
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

/** Times beyond this are no dates of JavaScript's (ECMA-262, 21.4.1.1), or in no calendar that anybody uses. */
const MAX_EXP_SECONDS = Date.UTC(9999, 11, 31) / 1000;

const claims = z.object({
  sub: z
    .string()
    .min(1, 'names no user')
    .max(256, 'is longer than 256 characters')
    .refine((text) => visibleText(text) === text, 'has control or invisible characters'),
  exp: z.number().positive().max(MAX_EXP_SECONDS, 'is not a time before the year 10000'),
});

function callerOf(payload: JWTPayload, role: Role): Caller {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) {
    const [problem] = parsed.error.issues;
    const what = `its claim "${String(problem?.path[0])}" ${problem?.message}`;
    throw new HttpProblem(401, 'TOKEN_INVALID', `The token is not valid: ${what}.`);
  }
  const { sub, exp } = parsed.data;
  const expires_at = new Date(exp * 1000).toISOString();
  const identity = `token:${sub}`;
  return { subject: sub, role, expires_at, identity, by_cookie: false, key_hash: null, session_hash: null };
}

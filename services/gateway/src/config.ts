import { isIP } from 'node:net';
import type { RepositoryPatterns } from '@benchwire/shared/contracts/http.ts';
import { repositoryPage } from '@benchwire/shared/format/repository-links.ts';
import { pluginVariables } from '@benchwire/shared/plugins/service-plugins.ts';
import { flag, list, natsVariables, secret, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';
import { oidcProblems, oidcVariables } from './oidc/config.ts';

const whole = z.coerce.number().pipe(z.int().min(1));

const trustProxy = z.string().transform((text, context): boolean | number | string[] => {
  const wanted = text.trim().toLowerCase();
  const is_flag = flag.safeParse(wanted);
  // Believing every hop would let a client write its own address.
  if (/^[1-9]$/.test(wanted)) return Number(wanted);
  if (is_flag.success) return is_flag.data ? 1 : false;
  const addresses = wanted.split(',').map((each) => each.trim());
  if (addresses.every((each) => /^[0-9a-f.:]+(\/\d{1,3})?$/.test(each) && isIP(each.split('/')[0] ?? '') !== 0))
    return addresses;
  context.addIssue({
    code: 'custom',
    message: 'use true, false, how many proxies there are, or their addresses (10.0.0.0/8)',
  });
  return z.NEVER;
});

/** An address of the web, once its places are filled in. */
const linkPattern = (...places: string[]) =>
  z
    .string()
    .refine(
      (text) => /^(https?:\/\/|\{repo\}\/)/.test(text) && places.every((place) => text.includes(`{${place}}`)),
      `begin with http://, https:// or {repo}/, and have ${places.map((place) => `{${place}}`).join(' and ')} in it`,
    )
    .optional();

export const gatewayConfig = z
  .object({
    ...natsVariables,
    ...serviceVariables,
    ...pluginVariables,
    /** The page's files; without such a folder there is only the API. */
    DASHBOARD_DIR: z.string().optional(),
    /** Where people reach the dashboard, for those who ask over NATS: `bw run` prints the run's page. */
    DASHBOARD_URL: z.url({ protocol: /^https?$/ }).optional(),
    /** The repository of runs whose source names none, as git or a browser calls it. */
    REPOSITORY_URL: z
      .string()
      .refine((text) => repositoryPage(text) !== undefined, 'use an address such as https://github.com/acme/models')
      .optional(),
    /** Links to commits and to changes between two, for repositories on hosts that are not known. */
    REPOSITORY_COMMIT_URL: linkPattern('commit'),
    REPOSITORY_RANGE_URL: linkPattern('from', 'to'),
    /** Chromium, which prints reports as PDF, where it is in none of the usual places. */
    BENCHWIRE_CHROMIUM: z.string().min(1).optional(),
    /** A key with the role admin beside those of `bw key create`: what the local stack makes for itself. */
    BENCHWIRE_API_KEY: secret(z.string().min(32).optional()),
    /** Signs a browser in once, within twelve hours of the start. */
    BENCHWIRE_SIGN_IN_TOKEN: secret(z.string().min(32).optional()),
    /** TLS of the HTTP port. */
    HTTP_TLS_CERT_FILE: z.string().optional(),
    HTTP_TLS_KEY_FILE: z.string().optional(),
    /** Mutual TLS: only clients with a certificate of this authority get in. */
    HTTP_TLS_CLIENT_CA_FILE: z.string().optional(),
    /** Tokens of an issuer: one of the three says how they are checked. */
    JWT_SECRET: secret(z.string().min(32).optional()),
    JWT_PUBLIC_KEY_FILE: z.string().optional(),
    JWT_JWKS_FILE: z.string().optional(),
    JWT_ISSUER: z.string().optional(),
    JWT_AUDIENCE: z.string().optional(),
    JWT_ALGORITHMS: list.prefault('RS256,ES256,EdDSA'),
    JWT_ROLE_CLAIM: z.string().min(1).prefault('role'),
    ...oidcVariables,
    /** Origins of other sites whose pages may call the API; none unless set. */
    CORS_ORIGINS: list.prefault(''),
    /** Requests of one caller, known by key, session or token. Large bodies count as several. */
    RATE_LIMIT_PER_MINUTE: whole.prefault(6000),
    /** Requests from one address (IPv6: a /64), before anybody knows who asks; several people may share one. */
    ADDRESS_LIMIT_PER_MINUTE: whole.prefault(60_000),
    /** Requests from one address whose key, token or cookie is no good. */
    FAILURE_LIMIT_PER_MINUTE: whole.prefault(600),
    BODY_LIMIT_MB: whole.prefault(8),
    /**
     * Behind a proxy that ends TLS and sets X-Forwarded-For: `true` for one, a number for several one behind the other, or
     * their addresses. Only what these wrote is believed.
     */
    TRUST_PROXY: trustProxy.prefault('false'),
  })
  .superRefine((config, context) => {
    const needs = (name: string, other: string): void =>
      context.addIssue({ code: 'custom', path: [name], message: `${other} needs it too` });
    const { HTTP_TLS_CERT_FILE: cert, HTTP_TLS_KEY_FILE: key, HTTP_TLS_CLIENT_CA_FILE: ca } = config;
    if (cert !== undefined && key === undefined) needs('HTTP_TLS_KEY_FILE', 'HTTP_TLS_CERT_FILE');
    if (key !== undefined && cert === undefined) needs('HTTP_TLS_CERT_FILE', 'HTTP_TLS_KEY_FILE');
    if (ca !== undefined && cert === undefined) needs('HTTP_TLS_CERT_FILE', 'HTTP_TLS_CLIENT_CA_FILE');
    for (const [name, message] of oidcProblems(config)) context.addIssue({ code: 'custom', path: [name], message });
    const ways = [config.JWT_SECRET, config.JWT_PUBLIC_KEY_FILE, config.JWT_JWKS_FILE].filter(
      (way) => way !== undefined,
    );
    if (ways.length > 1)
      context.addIssue({
        code: 'custom',
        path: ['JWT_SECRET'],
        message: 'set one of JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWT_JWKS_FILE',
      });
    if (ways.length === 0) return;
    if (config.JWT_ISSUER === undefined) needs('JWT_ISSUER', 'checking tokens');
    if (config.JWT_AUDIENCE === undefined) needs('JWT_AUDIENCE', 'checking tokens');
  });
export type GatewayConfig = z.infer<typeof gatewayConfig>;

/** What pages need to link to commits. */
export function repositoryPatternsOf(config: GatewayConfig): RepositoryPatterns {
  const { REPOSITORY_URL: url, REPOSITORY_COMMIT_URL: commit_url, REPOSITORY_RANGE_URL: range_url } = config;
  return { url: url ?? null, commit_url: commit_url ?? null, range_url: range_url ?? null };
}

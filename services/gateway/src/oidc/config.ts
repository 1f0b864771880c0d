import { type Role, role } from '@benchwire/shared/contracts/http.ts';
import { keyValues, list, secret } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Values of a claim with the role that each gives. */
const rolesByValue = keyValues.transform((pairs, context): ReadonlyMap<string, Role> => {
  const roles = new Map<string, Role>();
  for (const [value, name] of Object.entries(pairs)) {
    const parsed = role.safeParse(name.trim());
    if (parsed.success) roles.set(value.trim(), parsed.data);
    else
      context.addIssue({
        code: 'custom',
        message: `"${name}" is not a role: write VALUE=ROLE with one of ${role.options.join(', ')}, such as bench-admins=admin`,
      });
  }
  return roles;
});

/** Variables of the sign-in with OpenID Connect. */
export const oidcVariables = {
  /** Of the provider, as its discovery document has it; without it there is no such sign-in. */
  GATEWAY_OIDC_ISSUER: z
    .url({ protocol: /^https?$/, message: 'use the address of the provider, https://…' })
    .refine((text) => isSafe(text), 'use https://; http:// is for a provider on this machine only')
    .optional(),
  GATEWAY_OIDC_CLIENT_ID: z.string().min(1).max(512).optional(),
  /** None for a public client, which PKCE protects alone. */
  GATEWAY_OIDC_CLIENT_SECRET: secret(z.string().min(1).optional()),
  GATEWAY_OIDC_CLIENT_SECRET_FILE: z.string().min(1).optional(),
  GATEWAY_OIDC_SCOPES: list.prefault('openid,profile,email'),
  /** Where the claims have what roles are made of; with dots for a claim in a claim: `realm_access.roles`. */
  GATEWAY_OIDC_ROLE_CLAIM: z.string().min(1).prefault('roles'),
  /** `VALUE=ROLE`, separated by commas; a value that is a role's own name needs none. */
  GATEWAY_OIDC_ROLES: rolesByValue.prefault(''),
  /** For people whose claims give them no role; without it they are refused. */
  GATEWAY_OIDC_DEFAULT_ROLE: role.optional(),
};

function isSafe(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || LOOPBACK.has(url?.hostname ?? '');
}

export type OidcConfig = z.infer<z.ZodObject<typeof oidcVariables>>;

/** What is wrong between the variables: the name of the variable, and what to do. Pure. */
export function oidcProblems(config: OidcConfig): Array<[name: keyof OidcConfig, message: string]> {
  const problems: Array<[name: keyof OidcConfig, message: string]> = [];
  const { GATEWAY_OIDC_ISSUER: issuer, GATEWAY_OIDC_CLIENT_ID: client_id } = config;
  if (issuer !== undefined && client_id === undefined)
    problems.push(['GATEWAY_OIDC_CLIENT_ID', 'GATEWAY_OIDC_ISSUER needs it too']);
  if (issuer === undefined && client_id !== undefined)
    problems.push(['GATEWAY_OIDC_ISSUER', 'GATEWAY_OIDC_CLIENT_ID needs it too']);
  if (config.GATEWAY_OIDC_CLIENT_SECRET !== undefined && config.GATEWAY_OIDC_CLIENT_SECRET_FILE !== undefined)
    problems.push(['GATEWAY_OIDC_CLIENT_SECRET_FILE', 'set it or GATEWAY_OIDC_CLIENT_SECRET, not both']);
  if (!config.GATEWAY_OIDC_SCOPES.includes('openid'))
    problems.push(['GATEWAY_OIDC_SCOPES', 'must have the scope openid']);
  return problems;
}

import { ROLES, type Role, role } from '@benchwire/shared/contracts/http.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { isRecord } from '@benchwire/shared/runtime/is-record.ts';
import type { OidcConfig } from './config.ts';

/** Somebody whom the provider knows. */
export interface Person {
  /** For people: the name and the address, or what there is of them. */
  subject: string;
  /** The same for one person at one provider, whatever their name becomes. */
  identity: string;
  role: Role;
}

type RoleSettings = Pick<OidcConfig, 'GATEWAY_OIDC_ROLE_CLAIM' | 'GATEWAY_OIDC_ROLES' | 'GATEWAY_OIDC_DEFAULT_ROLE'>;

const MAX_SUBJECT = 256;

/** Who signed in, by their claims. Pure. @returns undefined where their claims give them no role */
export function personOf(claims: Readonly<Record<string, unknown>>, config: RoleSettings): Person | undefined {
  const sub = String(claims.sub);
  const found = roleOf(valuesAt(claims, config.GATEWAY_OIDC_ROLE_CLAIM), config.GATEWAY_OIDC_ROLES);
  const given = found ?? config.GATEWAY_OIDC_DEFAULT_ROLE;
  if (given === undefined) return undefined;
  return { subject: nameOf(claims, sub), identity: `person:${sub}`.slice(0, MAX_SUBJECT), role: given };
}

/** Names are not unique, so the address is added: `Ada Lovelace <ada@example.org>`. */
function nameOf(claims: Readonly<Record<string, unknown>>, sub: string): string {
  const [name, email, user] = [claims.name, claims.email, claims.preferred_username].map(textOf);
  const handle = email ?? user;
  const text = name !== undefined && handle !== undefined ? `${name} <${handle}>` : (handle ?? name ?? sub);
  return visibleText(text).slice(0, MAX_SUBJECT);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** The texts at a place of the claims: one, or a list of them. */
function valuesAt(claims: Readonly<Record<string, unknown>>, place: string): string[] {
  // A claim may have a dot in its own name, as those with an address in front have.
  const own = claims[place];
  const value =
    own ?? place.split('.').reduce<unknown>((within, name) => (isRecord(within) ? within[name] : undefined), claims);
  const values = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[\s,]+/) : [];
  return values.filter((each): each is string => typeof each === 'string');
}

/** The highest of the roles that the values give. */
function roleOf(values: readonly string[], roles: ReadonlyMap<string, Role>): Role | undefined {
  const given = values.flatMap((value) => {
    const mapped = roles.get(value);
    if (mapped !== undefined) return [mapped];
    // With a mapping of one's own nothing else gives a role.
    const own = role.safeParse(value);
    return roles.size === 0 && own.success ? [own.data] : [];
  });
  return ROLES.findLast((each) => given.includes(each));
}

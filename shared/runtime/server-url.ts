import { z } from 'zod';
import { ConfigError } from './errors.ts';

/** The address of a server as people write it, in parts. `user` and `password` are decoded. */
export interface ServerUrl {
  /** `nats`, `rediss`, … */
  protocol: string;
  user: string | undefined;
  /** Undefined where the login is one word: a user whose password comes another way, or a token. */
  password: string | undefined;
  /** An IPv6 address stands without brackets. */
  host: string;
  port: number | undefined;
  /** The address without its login: this is what may be shown, and what client libraries get. */
  address: string;
  /** The address with its login, in which every character that could be misread is encoded. */
  href: string;
}

/** Which addresses a variable takes; the first protocol is the one of addresses that name none. */
export interface UrlKind {
  protocols: readonly [string, ...string[]];
  /** For the error. */
  example: string;
  /** `host:4222` is enough. */
  protocol_optional?: boolean;
}

export const NATS_ADDRESS: UrlKind = {
  protocols: ['nats', 'tls'],
  example: 'nats://host:4222',
  protocol_optional: true,
};
export const REDIS_ADDRESS: UrlKind = { protocols: ['redis', 'rediss'], example: 'redis://:password@host:6379' };
export const CLICKHOUSE_ADDRESS: UrlKind = {
  protocols: ['http', 'https'],
  example: 'http://user:password@host:8123',
};

/**
 * Reads an address. A login may hold any character as it is: it ends at the last `@`, and a `%` that encodes nothing
 * stands for itself. So an `@` behind the host has to be written as `%40`. Pure; undefined for what is no address.
 */
export function parseServerUrl(text: string, kind: UrlKind): ServerUrl | undefined {
  const [, written, rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  if (written === undefined && kind.protocol_optional !== true) return undefined;
  const protocol = (written ?? kind.protocols[0]).toLowerCase();
  const at = rest.lastIndexOf('@');
  const place = `${protocol}://${rest.slice(at + 1)}`;
  if (!kind.protocols.includes(protocol) || !URL.canParse(place)) return undefined;
  const { hostname, port, host, pathname, search } = new URL(place);
  if (hostname === '') return undefined;
  const [user, password] = at === -1 ? [] : partsOfLogin(rest.slice(0, at));
  const behind = `${host}${pathname === '/' ? '' : pathname}${search}`;
  const login = [user ?? '', ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(':');
  return {
    protocol,
    user,
    password,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : Number(port),
    address: `${protocol}://${behind}`,
    href: `${protocol}://${login === '' ? '' : `${login}@`}${behind}`,
  };
}

function partsOfLogin(login: string): [string | undefined, string | undefined] {
  const colon = login.indexOf(':');
  const part = (text: string): string | undefined => (text === '' ? undefined : decoded(text));
  return colon === -1 ? [part(login), undefined] : [part(login.slice(0, colon)), part(login.slice(colon + 1))];
}

function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded; // no text in UTF-8, so it was not meant as an encoding
    }
  });
}

/**
 * @param name - of the variable or option, for the error, which shows no login
 * @throws ConfigError for what is no such address
 */
export function readServerUrl(name: string, text: string, kind: UrlKind): ServerUrl {
  const url = parseServerUrl(text, kind);
  if (url !== undefined) return url;
  throw new ConfigError(`${name} is "${addressOnly(text)}", which is not an address such as ${kind.example}`);
}

const KNOWN_PROTOCOL = '(?:nats|tls|wss?|rediss?|https?|kafka|clickhouse)://';

/**
 * The entries of a comma-separated list of addresses. What begins with a protocol goes on to the next one, and its login ends at
 * the last `@` in between: a comma before that belongs to the login. Pure.
 */
export function splitUrls(text: string): string[] {
  return splitLogins(text).flatMap(({ protocol, login, rest }) => {
    const [first = '', ...others] = rest.split(',').map((entry) => entry.trim());
    const entries = [`${protocol}${login ?? ''}${first}`, ...others];
    return entries.filter((entry) => entry !== '' && entry !== protocol);
  });
}

interface UrlGroup {
  protocol: string;
  /** With its `@`. */
  login: string | undefined;
  /** The hosts behind it, perhaps several. */
  rest: string;
}

function splitLogins(text: string): UrlGroup[] {
  const groups: string[] = [];
  for (const piece of text.split(new RegExp(`,\\s*(?=${KNOWN_PROTOCOL})`, 'i'))) {
    const last = groups.at(-1);
    // Something like nats://user:secret, which is no address yet: the comma was in its login.
    if (last !== undefined && !last.includes('@') && last.split(',').some((each) => !looksLikeAddress(each))) {
      groups[groups.length - 1] = `${last},${piece}`;
    } else groups.push(piece);
  }
  return groups.map((group) => {
    const [, protocol = '', behind = ''] = /^\s*([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(group) ?? [];
    const end = behind.lastIndexOf('@') + 1;
    return { protocol, login: end === 0 ? undefined : behind.slice(0, end), rest: behind.slice(end) };
  });
}

function looksLikeAddress(text: string): boolean {
  return text.trim() === '' || URL.canParse(text.includes('://') ? text : `nats://${text.trim()}`);
}

/** Of a configuration: one address, kept with its login encoded. Its value is a secret, since a login may be in it. */
export const serverUrl = (kind: UrlKind) => z.string().transform((text, context) => canonical(text, kind, context));

/** Several of them, comma-separated. */
export const serverUrls = (kind: UrlKind) =>
  z.string().transform((text, context) => splitUrls(text).map((entry) => canonical(entry, kind, context)));

function canonical(text: string, kind: UrlKind, context: z.core.$RefinementCtx<string>): string {
  const url = parseServerUrl(text, kind);
  if (url !== undefined) return url.href;
  context.addIssue({ code: 'custom', message: `use an address like ${kind.example}` });
  return z.NEVER;
}

/** The value of a variable that holds one or more addresses, without any login, whether or not it can be read. Pure. */
export function addressOnly(value: string): string {
  return splitLogins(value)
    .map(({ protocol, rest }) => withoutSecretParameters(`${protocol}${rest.trim()}`))
    .join(', ');
}

/**
 * A text for people or a log, with no login in any address that stands in it. What can't be told from a login goes, too: from
 * the `//` of an address to the last `@` of that line before the next address. Pure.
 */
export function withoutCredentials(text: string): string {
  const cleaned = text.replaceAll(
    // `file:` has no login, and stands in stack traces with folders like @nats-io behind it.
    /(?<![a-z0-9+.:@/-])(?!file:)([a-z][a-z0-9+.-]*:\/\/)((?:(?![\s"'(<](?:[a-z][a-z0-9+.-]*):\/\/).)*)@/gi,
    '$1',
  );
  return withoutSecretParameters(cleaned);
}

function withoutSecretParameters(text: string): string {
  return text.replaceAll(
    /([?&](?:[a-z_-]*(?:pass|passwd|password|pwd|token|secret|api_?key|access_?key))=)[^&#\s"']*/gi,
    '$1…',
  );
}

/**
 * A text that came from elsewhere (an error of a client library), without the logins of these addresses in whatever form it
 * repeats them, and without any other. Pure.
 */
export function withoutLoginsOf(text: string, urls: readonly string[], kind: UrlKind): string {
  const known = urls.flatMap((url) => {
    const parsed = parseServerUrl(url, kind);
    const parts = [parsed?.password, parsed?.password === undefined ? parsed?.user : undefined];
    return parts.flatMap((part) => (part === undefined ? [] : [part, encodeURIComponent(part)]));
  });
  const longest = known.filter((part) => part.length > 2).toSorted((a, b) => b.length - a.length);
  return withoutCredentials(longest.reduce((rest, part) => rest.replaceAll(part, '…'), text));
}

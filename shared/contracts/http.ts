import { z } from 'zod';
import { visibleText } from '../format/visible-text.ts';
import { issue } from './request.ts';

/** What the gateway's HTTP API and WebSocket keep and say beside the routes, which are in api/. All of it since 0.3. */

/** From least to most: each may what those before it may. */
export const ROLES = ['viewer', 'submitter', 'operator', 'admin'] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

/** How pages link to commits: the repository of runs that name none, and patterns for hosts that are not known. Since 0.6. */
export const repositoryPatterns = z.object({
  url: z.string().nullable(),
  commit_url: z.string().nullable(),
  range_url: z.string().nullable(),
});
export type RepositoryPatterns = z.infer<typeof repositoryPatterns>;

export const session = z.object({
  subject: z.string(),
  role,
  expires_at: z.string().nullable(),
  repository: repositoryPatterns.optional(),
});
export type Session = z.infer<typeof session>;

/** Exchanged for the session's cookie: an API key, or the one-time token of a sign-in link. */
export const signIn = z.union([
  z.strictObject({ key: z.string().min(1).max(512) }),
  z.strictObject({ token: z.string().min(1).max(512) }),
]);

/** How people can sign in without a key. Since 0.6. */
export const signInWays = z.object({
  /** Null where no provider is configured. `unavailable` says why it can't be used now. */
  oidc: z.object({ issuer: z.string(), unavailable: z.string().nullable() }).nullable(),
});
export type SignInWays = z.infer<typeof signInWays>;

/** RFC 9457, with a stable code and the paths of what is wrong. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  request_id: z.string(),
  issues: z.array(issue).optional(),
});
export type Problem = z.infer<typeof problem>;

/** Request/reply, answered by any gateway: where people reach the dashboard, as its operator says it. Since 0.5. */
export const DASHBOARD_ADDRESS_SUBJECT = 'bw.gateway.address';
export const dashboardAddressReply = z.object({ url: z.url().nullable() });

/** KV bucket: API keys by the SHA-256 of their secret, in hexadecimal. */
export const API_KEYS_BUCKET = 'api_keys';
export const apiKey = z.object({
  v: z.literal(1),
  /** The first 12 digits of the hash: names the key, and opens nothing. */
  id: z.string(),
  name: z.string().min(1).max(128),
  role,
  created_at: z.string(),
  expires_at: z.string().nullable(),
});
/** Of a key that is made now: two keys whose names look alike are not to be told apart by what nobody sees. */
export const newKeyName = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .refine((name) => visibleText(name) === name, 'has control or invisible characters');
export type ApiKey = z.infer<typeof apiKey>;

/** KV bucket: browser sessions by the SHA-256 of the cookie. */
export const SESSIONS_BUCKET = 'http_sessions';
export const SESSION_TTL_MS = 12 * 3600 * 1000;
export const storedSession = z.object({
  v: z.literal(1),
  subject: z.string(),
  role,
  /** Hash of the key that it was made with: ends with it. Null for a sign-in link. */
  key_hash: z.string().nullable(),
  expires_at: z.string(),
  /** Of a person whom a provider knows, for limits and saved values. Since 0.6. */
  identity: z.string().optional(),
});
export type StoredSession = z.infer<typeof storedSession>;

/** KV bucket: sign-in links by the SHA-256 of their token, one for each start of a stack and each `bw open`. Without a TTL: a used one stays used. */
export const SIGN_IN_LINKS_BUCKET = 'sign_in_links';
export const storedLink = z.object({
  v: z.literal(1),
  first_known_at: z.string(),
  used_at: z.string().nullable(),
  /** Of one that `bw open` made. Since 0.5. */
  expires_at: z.string().optional(),
});
export type StoredLink = z.infer<typeof storedLink>;
/** How long a link of `bw open` signs in. */
export const SIGN_IN_LINK_MS = 10 * 60_000;

/** KV bucket: tickets that open one WebSocket each, by the SHA-256 of their secret. Since 0.4. */
export const TICKETS_BUCKET = 'http_tickets';
export const TICKET_TTL_MS = 30_000;
export const ticket = z.object({ ticket: z.string(), expires_at: z.string() });

/** KV bucket: layouts, queries and filters of lists that users saved, by `<kind>.<name>`. Filters since 0.6, named `<list>/<name>`. */
export const SAVED_BUCKET = 'saved';
/** What the bucket holds since 0.4; before, the value alone. */
export const savedEntry = z.object({
  benchwire_saved: z.literal(1),
  /** Who it counts for. */
  identity: z.string(),
  saved_by: z.string(),
  saved_at: z.string(),
  value: z.unknown(),
});
export const savedKind = z.enum(['layouts', 'queries', 'filters']);

import { z } from 'zod';
import { token } from './ids.ts';

const reference = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({ file: z.string().startsWith('/') }),
]);
const NO_SECRETS =
  'secrets are not written here: say { env: NAME } for a variable of the notifier, or { file: /path } for a file that it can read';
/** A secret is never written into rules: they say which variable or file of the notifier has it. */
export const secretReference = z.unknown().transform((written, context): { env: string } | { file: string } => {
  const parsed = reference.safeParse(written);
  if (parsed.success) return parsed.data;
  // Without what was written: it may be the secret.
  context.addIssue({ code: 'custom', message: NO_SECRETS });
  return z.NEVER;
});
export type SecretReference = z.infer<typeof secretReference>;

const httpUrl = z.url({ protocol: /^https?$/, error: 'takes an address that begins with http:// or https://' });
const address = z.email('takes an e-mail address');

const named = { name: token };
/** Where messages go, by connector. */
export const receiver = z.discriminatedUnion(
  'connector',
  [
    z.strictObject({
      ...named,
      connector: z.literal('webhook'),
      url: z.union(
        [httpUrl, secretReference],
        'an address, or { env: NAME } or { file: /path } for one that is secret',
      ),
      /** Signs each body: header `Benchwire-Signature: sha256=<HMAC in hex>`. */
      secret: secretReference.optional(),
    }),
    z.strictObject({
      ...named,
      connector: z.literal('slack'),
      /** A bot's token (`xoxb-…`) with `chat:write`. */
      token: secretReference,
      channel: z.string().min(1).max(200),
      /** For tests and proxies; Slack's own without. */
      api_url: httpUrl.optional(),
    }),
    z.strictObject({
      ...named,
      connector: z.literal('teams'),
      /** Of a workflow "When a Teams webhook request is received". */
      webhook_url: secretReference,
    }),
    z.strictObject({
      ...named,
      connector: z.literal('email'),
      host: z.string().min(1),
      port: z.int().min(1).max(65_535).default(587),
      /** `starttls` (port 587), `tls` (465), or `none` inside of a trusted network. */
      tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
      user: z.string().optional(),
      password: secretReference.optional(),
      from: address,
      to: z.array(address).min(1).max(50),
    }),
  ],
  { error: 'connector is one of webhook, slack, teams, email' },
);
export type Receiver = z.infer<typeof receiver>;
export const CONNECTORS = ['webhook', 'slack', 'teams', 'email'] as const satisfies ReadonlyArray<
  Receiver['connector']
>;
export type ConnectorName = (typeof CONNECTORS)[number];

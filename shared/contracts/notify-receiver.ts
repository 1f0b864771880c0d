import { z } from 'zod';
import { isRecord } from '../runtime/is-record.ts';
import { slipOf } from '../runtime/near-names.ts';
import { token } from './ids.ts';
import { pluginName } from './plugin.ts';
import { PLUGIN_NAME } from './plugin-kinds.ts';

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

const repositoryName = z
  .string()
  .regex(/^[\w.-]+\/[\w.-]+$/, 'takes owner/name')
  .max(200);
const named = { name: token };
/** Of connectors that write to commits and pull requests. */
const onCommits = {
  /** What the check is called on commits. */
  check_name: z.string().min(1).max(100).default('Benchwire findings'),
};
const comments = {
  /** One comment on the pull request, edited in its place. */
  comment: z.boolean().default(true),
};

/** Where messages go, by connector. */
const RECEIVERS = {
  webhook: z.strictObject({
    ...{ ...named, connector: z.literal('webhook') },
    url: z.union([httpUrl, secretReference], 'an address, or { env: NAME } or { file: /path } for one that is secret'),
    /** Signs each body: header `Benchwire-Signature: sha256=<HMAC in hex>`. */
    secret: secretReference.optional(),
    /** Each item with a PNG of its series in base64: about 10 kB. */
    pictures: z.boolean().default(false),
  }),
  slack: z.strictObject({
    ...{ ...named, connector: z.literal('slack') },
    /** A bot's token (`xoxb-…`) with `chat:write`. */
    token: secretReference,
    channel: z.string().min(1).max(200),
    /** The series of the first finding is uploaded and shown; needs `files:write` and `files:read`. */
    pictures: z.boolean().default(false),
    /** For tests and proxies; Slack's own without. */
    api_url: httpUrl.optional(),
  }),
  teams: z.strictObject({
    ...{ ...named, connector: z.literal('teams') },
    /** Of a workflow "When a Teams webhook request is received". */
    webhook_url: secretReference,
  }),
  email: z.strictObject({
    ...{ ...named, connector: z.literal('email') },
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(587),
    /** `starttls` (port 587), `tls` (465), or `none` inside of a trusted network. */
    tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
    user: z.string().optional(),
    password: secretReference.optional(),
    from: address,
    to: z.array(address).min(1).max(50),
  }),
  github: z
    .strictObject({
      ...{ ...named, connector: z.literal('github') },
      ...{ ...onCommits, ...comments, repository: repositoryName },
      /** A personal token; without it an App. */
      token: secretReference.optional(),
      app: z
        .strictObject({
          id: z.union([z.int().transform(String), z.string().min(1)]),
          /** PEM. */
          private_key: secretReference,
          /** Found by the repository without. */
          installation_id: z.union([z.int().transform(String), z.string().min(1)]).optional(),
        })
        .optional(),
      /** `https://HOST/api/v3` of an Enterprise server. */
      api_url: httpUrl.optional(),
    })
    .refine(
      ({ token: of_person, app }) => (of_person === undefined) !== (app === undefined),
      'needs either a token or an app',
    ),
  gitlab: z.strictObject({
    ...{ ...named, connector: z.literal('gitlab') },
    ...{ ...onCommits, ...comments },
    /** Its path or number. */
    project: z.union([z.int().transform(String), z.string().min(1).max(300)]),
    token: secretReference,
    url: httpUrl.optional(),
  }),
  bitbucket: z.strictObject({
    ...{ ...named, connector: z.literal('bitbucket') },
    ...{ ...onCommits, repository: repositoryName, token: secretReference },
    /** Where the token is a person's. */
    user: z.string().min(1).optional(),
    api_url: httpUrl.optional(),
  }),
  azure_devops: z.strictObject({
    ...{ ...named, connector: z.literal('azure_devops') },
    ...{ ...onCommits, ...comments },
    /** `https://dev.azure.com/ORGANISATION`. */
    organization_url: httpUrl,
    project: z.string().min(1).max(200),
    repository: z.string().min(1).max(200),
    token: secretReference,
  }),
  jira: z.strictObject({
    ...{ ...named, connector: z.literal('jira') },
    url: httpUrl,
    /** An account's e-mail address on Atlassian's cloud; without it the token is a personal access token of a server. */
    user: z.string().min(1).optional(),
    token: secretReference,
    /** Its key: `PERF`. */
    project: z.string().regex(/^[A-Z][A-Z0-9_]+$/, 'takes the key of a project such as PERF'),
    issue_type: z.string().min(1).default('Bug'),
    labels: z.array(z.string().regex(/^\S+$/, 'takes a word without blanks')).max(20).default([]),
    /** The series of each finding is attached to its issue; the account needs to create attachments. Since 0.8. */
    pictures: z.boolean().default(false),
    /** By name; without, the first transition to a status that counts as done, and the first one back. */
    resolve_transition: z.string().min(1).optional(),
    reopen_transition: z.string().min(1).optional(),
  }),
  testrail: z.strictObject({
    ...{ ...named, connector: z.literal('testrail') },
    /** `https://NAME.testrail.io`. */
    url: httpUrl,
    user: z.string().min(1),
    /** An API key, or a password. */
    api_key: secretReference,
    /** The test run that gets the results. */
    run_id: z.int().min(1),
    /** The first that fits says which case a finding is a result of. */
    cases: z
      .array(
        z.strictObject({
          benchmark: z.string().min(1).max(256).describe('any text, * for any part of it'),
          metric: z.string().min(1).max(256).default('*'),
          case_id: z.int().min(1),
        }),
      )
      .min(1)
      .max(1000),
    /** Statuses of TestRail: an installation may have its own. */
    failed_status_id: z.int().min(1).default(5),
    passed_status_id: z.int().min(1).default(1),
  }),
  alertmanager: z.strictObject({
    ...{ ...named, connector: z.literal('alertmanager') },
    /** Its address, without `/api/v2`. */
    url: httpUrl,
    user: z.string().min(1).optional(),
    password: secretReference.optional(),
    /** A bearer token. */
    token: secretReference.optional(),
  }),
  /** Written as `connector: NAME` of the plug-in. Since 0.6. */
  plugin: z.strictObject({
    ...{ ...named, connector: z.literal('plugin'), plugin: pluginName },
    /** As the plug-in says. */
    settings: z.record(z.string().max(128), z.json()).default({}),
    secrets: z.record(z.string().max(64), secretReference).default({}),
  }),
} as const;

export type ConnectorName = keyof typeof RECEIVERS;
export const CONNECTORS = Object.keys(RECEIVERS) as [ConnectorName, ...ConnectorName[]];

const anyReceiver = z.discriminatedUnion(
  'connector',
  [
    RECEIVERS.webhook,
    RECEIVERS.slack,
    RECEIVERS.teams,
    RECEIVERS.email,
    RECEIVERS.github,
    RECEIVERS.gitlab,
    RECEIVERS.bitbucket,
    RECEIVERS.azure_devops,
    RECEIVERS.jira,
    RECEIVERS.testrail,
    RECEIVERS.alertmanager,
    RECEIVERS.plugin,
  ],
  { error: `connector is one of ${CONNECTORS.filter((name) => name !== 'plugin').join(', ')}, or that of a plug-in` },
);
export const receiver = z.preprocess(withPluginConnector, anyReceiver);

/** Any name that is none of ours, and not near enough to one to be a slip of the pen, is that of a plug-in. */
function withPluginConnector(written: unknown): unknown {
  if (!isRecord(written) || typeof written.connector !== 'string') return written;
  const { connector } = written;
  const isOurs = CONNECTORS.some((name) => name === connector) || slipOf(connector, CONNECTORS) !== undefined;
  return isOurs || !PLUGIN_NAME.test(connector) ? written : { ...written, connector: 'plugin', plugin: connector };
}
export type Receiver = z.infer<typeof receiver>;

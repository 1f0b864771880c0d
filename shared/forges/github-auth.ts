import { createSign } from 'node:crypto';
import { Refused } from '../outbound/errors.ts';
import { sendJson } from '../outbound/send.ts';

/** A personal token, or that of a workflow; or an App with its private key (PEM). */
export type GitHubAuth =
  | { token: string }
  | { app_id: string; private_key: string; installation_id?: string | undefined };

export interface GitHubToken {
  /** @throws Refused where the App is not installed on the repository, or its key is none */
  get(signal: AbortSignal): Promise<string>;
  /** The next one is asked for anew. */
  forget(): void;
  readonly is_app: boolean;
  readonly secrets: () => string[];
}

/** GitHub's are good for an hour; a new one is asked for this long before. */
const BEFORE_END_MS = 5 * 60_000;

/** The token that requests carry: as it is, or an installation's, asked for with a token that the App's key signs. */
export function githubToken(auth: GitHubAuth, api_url: string, repository: string): GitHubToken {
  if ('token' in auth)
    return { get: async () => auth.token, forget: () => undefined, is_app: false, secrets: () => [auth.token] };
  let known: { token: string; until_ms: number } | undefined;
  const ask = async (signal: AbortSignal): Promise<string> => {
    const common = { signal, headers: headersFor(appToken(auth, Date.now())) };
    const installation =
      auth.installation_id ??
      (await sendJson<{ id: number }>({
        ...{ ...common, method: 'GET', url: `${api_url}/repos/${repository}/installation` },
      }).then(({ body }) => body.id, noInstallation(repository)));
    const { body } = await sendJson<{ token: string; expires_at: string }>({
      ...{ ...common, url: `${api_url}/app/installations/${installation}/access_tokens` },
      json: { repositories: [repository.slice(repository.indexOf('/') + 1)] },
    });
    known = { token: body.token, until_ms: Date.parse(body.expires_at) - BEFORE_END_MS };
    return body.token;
  };
  return {
    get: async (signal) => (known !== undefined && Date.now() < known.until_ms ? known.token : await ask(signal)),
    forget: () => {
      known = undefined;
    },
    is_app: true,
    secrets: () => (known === undefined ? [] : [known.token]),
  };
}

export const headersFor = (token: string): Record<string, string> => ({
  ...{ authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
});

const noInstallation = (repository: string) => (error: unknown) => {
  if (error instanceof Refused && error.status === 404)
    throw new Refused(`the GitHub App is not installed on ${repository}: install it there`, 404);
  throw error;
};

/** Signed with the App's key (RS256), good for nine minutes; begins a minute ago, since clocks differ. */
export function appToken({ app_id, private_key }: { app_id: string; private_key: string }, now_ms: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now_s = Math.floor(now_ms / 1000);
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now_s - 60, exp: now_s + 540, iss: app_id })}`;
  try {
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(private_key, 'base64url')}`;
  } catch {
    throw new Refused(
      'the private key of the GitHub App is not a PEM text that begins with -----BEGIN: use the file that GitHub offers for download',
    );
  }
}

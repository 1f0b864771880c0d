import { createHash } from 'node:crypto';
import { Refused } from '../outbound/errors.ts';
import { type SendOptions, sendJson } from '../outbound/send.ts';
import { explainRefusal } from './explain.ts';
import type { Annotation, Check, Forge, Verdict } from './forge.ts';
import { fitted, oneLineOf } from './markdown.ts';

/** Bitbucket's limits: a build's key, name and description, a report's title and details, annotations in a call and in a report. */
const MAX_KEY = 40;
const MAX_LINE = 255;
const MAX_DETAILS = 2000;
const MAX_ANNOTATION = 450;
const ANNOTATIONS_PER_CALL = 100;
const MAX_ANNOTATIONS = 1000;

const BUILDS: Readonly<Record<Verdict, string>> = {
  success: 'SUCCESSFUL',
  failure: 'FAILED',
  neutral: 'SUCCESSFUL',
  pending: 'INPROGRESS',
};
const RESULTS: Readonly<Record<Verdict, string>> = {
  success: 'PASSED',
  failure: 'FAILED',
  neutral: 'PASSED',
  pending: 'PENDING',
};

export interface BitbucketOptions {
  /** `workspace/name`. */
  repository: string;
  /** An access token of the repository; with `user`, the API token of a person. */
  token: string;
  user?: string | undefined;
  api_url?: string | undefined;
}

type Ask = <T>(method: SendOptions['method'], path: string, signal: AbortSignal, json?: unknown) => Promise<T>;

/**
 * Build statuses and Code Insights reports, which Bitbucket shows on the pull requests of a commit: there is no comment beside them. Both
 * are put under a key, so that there is one of each.
 */
export function bitbucket({ repository, token, user, api_url }: BitbucketOptions): Forge {
  const base = `${(api_url ?? 'https://api.bitbucket.org/2.0').replace(/\/+$/, '')}/repositories/${repository}`;
  const basic = user === undefined ? undefined : Buffer.from(`${user}:${token}`).toString('base64');
  const authorization = basic === undefined ? `Bearer ${token}` : `Basic ${basic}`;
  const ask: Ask = async <T>(method: SendOptions['method'], path: string, signal: AbortSignal, json?: unknown) => {
    try {
      const options = { url: `${base}${path}`, headers: { authorization }, secrets: [basic, token], signal };
      return (await sendJson<T>({ ...options, ...(method && { method }), ...(json ? { json } : {}) })).body;
    } catch (error) {
      throw explained(error, repository);
    }
  };
  return {
    comment_characters: MAX_DETAILS,
    verify: async (signal) => {
      const { full_name } = await ask<{ full_name: string }>('GET', '', signal);
      return `${full_name} on Bitbucket`;
    },
    headOf: async (pull_request, signal) => {
      const path = `/pullrequests/${pull_request}`;
      return (await ask<{ source: { commit: { hash: string } } }>('GET', path, signal)).source.commit.hash;
    },
    putCheck: async (check, signal) => {
      const commit = encodeURIComponent(check.commit);
      // Bitbucket takes no build without an address.
      const url = check.url ?? `https://bitbucket.org/${repository}/commits/${commit}`;
      await ask('POST', `/commit/${commit}/statuses/build`, signal, {
        ...{ key: keyOf(check.name), state: BUILDS[check.verdict], url },
        ...{ name: oneLineOf(check.name, MAX_LINE), description: oneLineOf(check.title, MAX_LINE) },
      });
      await putReport(check, `/commit/${commit}/reports/${keyOf(check.name)}`, ask, signal);
    },
  };
}

const explained = (error: unknown, repository: string): unknown =>
  explainRefusal(error, {
    401: 'Bitbucket does not know the token, or the user who has it is missing',
    403: `the token may not do that in ${repository}: it needs to read and write the repository`,
    404: `Bitbucket has no ${repository}, no such commit in it, or hides it from this token`,
  });

/** The name where it fits and is plain, else a hash of it. */
function keyOf(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return plain.length <= MAX_KEY ? plain : createHash('sha256').update(name).digest('hex').slice(0, MAX_KEY);
}

async function putReport(check: Check, path: string, ask: Ask, signal: AbortSignal): Promise<void> {
  const { title, summary, verdict, url, annotations = [] } = check;
  // Annotations of an earlier content are part of the report that goes.
  if (annotations.length > 0)
    await ask('DELETE', path, signal).catch((error: unknown) => {
      if (!(error instanceof Refused && error.status === 404)) throw error;
    });
  await ask('PUT', path, signal, {
    ...{ title: oneLineOf(title, MAX_LINE), details: fitted(summary, MAX_DETAILS), report_type: 'TEST' },
    ...{ reporter: 'Benchwire', result: RESULTS[verdict], ...(url === null ? {} : { link: url }) },
  });
  const all = annotations
    .slice(0, MAX_ANNOTATIONS)
    .map((annotation, i) => annotationOf(annotation, `${check.key}.${i}`));
  for (let i = 0; i < all.length; i += ANNOTATIONS_PER_CALL)
    await ask('POST', `${path}/annotations`, signal, all.slice(i, i + ANNOTATIONS_PER_CALL));
}

const SEVERITIES = { notice: 'LOW', warning: 'MEDIUM', failure: 'HIGH' } as const;

const annotationOf = ({ path, line, level, title, message }: Annotation, external_id: string): object => ({
  ...{ external_id, annotation_type: 'BUG', severity: SEVERITIES[level], path, line },
  summary: oneLineOf(`${title}: ${message}`, MAX_ANNOTATION),
});

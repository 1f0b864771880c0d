import { Refused } from '../outbound/errors.ts';
import { type SendOptions, sendJson, sendPages } from '../outbound/send.ts';
import { explainRefusal } from './explain.ts';
import type { Annotation, Check, Comment, Forge } from './forge.ts';
import { type GitHubAuth, githubToken, headersFor } from './github-auth.ts';
import { fitted, markedBody, markerLine, oneLineOf } from './markdown.ts';

/** GitHub's limits: characters of a comment and of a check's summary, annotations in a call, characters of a status. */
const MAX_CHARACTERS = 65_536;
const MAX_SUMMARY = 65_535;
const ANNOTATIONS_PER_CALL = 50;
const MAX_STATUS = 140;
/** Other Apps may have checks of the same name, and only their own App may change them. */
const OURS = 'benchwire:';
const FULL_COMMIT = /^[0-9a-f]{40}$|^[0-9a-f]{64}$/;

export interface GitHubOptions {
  /** `owner/name`. */
  repository: string;
  auth: GitHubAuth;
  /** `https://HOST/api/v3` for an Enterprise server. */
  api_url?: string | undefined;
}

interface CheckRun {
  id: number;
  external_id: string | null;
  output: { annotations_count: number };
}

type Ask = <T>(method: SendOptions['method'], path: string, signal: AbortSignal, body?: object) => Promise<T>;

/**
 * Check runs and comments. Only Apps may write check runs, workflows' tokens among them: for a personal token the check is a commit status.
 */
export function github({ repository, auth, api_url = 'https://api.github.com' }: GitHubOptions): Forge {
  const base = api_url.replace(/\/+$/, '');
  const token = githubToken(auth, base, repository);
  const options = async (path: string, signal: AbortSignal): Promise<SendOptions> => ({
    ...{ url: `${base}/repos/${repository}${path}`, signal },
    ...{ headers: headersFor(await token.get(signal)), secrets: token.secrets() },
  });
  const ask: Ask = async <T>(method: SendOptions['method'], path: string, signal: AbortSignal, body?: object) => {
    try {
      const request = await options(path, signal);
      return (await sendJson<T>({ ...request, ...(method && { method }), ...(body && { json: body }) })).body;
    } catch (error) {
      // A revoked token is not good for as long as was said.
      if (error instanceof Refused && error.status === 401) token.forget();
      throw explained(error, repository);
    }
  };
  return {
    comment_characters: MAX_CHARACTERS,
    verify: async (signal) => {
      const { full_name } = await ask<{ full_name: string }>('GET', '', signal);
      return `${full_name} on GitHub, ${token.is_app ? 'as an App' : 'with a token'}`;
    },
    headOf: async (pull_request, signal) =>
      (await ask<{ head: { sha: string } }>('GET', `/pulls/${pull_request}`, signal)).head.sha,
    putCheck: async (check, signal) => {
      const commit = await fullCommit(check.commit, ask, signal);
      try {
        await putCheckRun({ ...check, commit }, ask, signal);
      } catch (error) {
        if (token.is_app || !(error instanceof Refused) || error.status !== 403) throw error;
        await putStatus({ ...check, commit }, ask, signal);
      }
    },
    putComment: async ({ pull_request, marker, body, only_edit = false }: Comment, signal) => {
      const wanted = markedBody(marker, body, MAX_CHARACTERS);
      const list = await options(`/issues/${pull_request}/comments?per_page=100`, signal);
      try {
        for await (const comment of sendPages<{ id: number; body?: string }>(list)) {
          if (!comment.body?.startsWith(markerLine(marker))) continue;
          if (comment.body !== wanted) await ask('PATCH', `/issues/comments/${comment.id}`, signal, { body: wanted });
          return;
        }
      } catch (error) {
        throw explained(error, repository);
      }
      if (only_edit) return;
      await ask('POST', `/issues/${pull_request}/comments`, signal, { body: wanted });
    },
  };
}

const explained = (error: unknown, repository: string): unknown =>
  explainRefusal(error, {
    401: 'GitHub does not know the token',
    403: `the token may not do that in ${repository}: it needs checks: write (or statuses: write) and pull-requests: write; the token of a pull request from a fork never has them`,
    404: `GitHub has no ${repository}, no such commit or pull request in it, or hides it from this token`,
    422: 'GitHub does not accept it: is the commit pushed to this repository?',
  });

async function fullCommit(commit: string, ask: Ask, signal: AbortSignal): Promise<string> {
  if (FULL_COMMIT.test(commit)) return commit;
  return (await ask<{ sha: string }>('GET', `/commits/${encodeURIComponent(commit)}`, signal)).sha;
}

/** Annotations are only ever added to a check run: what an attempt before has added is not sent again, and another content begins a new one. */
async function putCheckRun(check: Check, ask: Ask, signal: AbortSignal): Promise<void> {
  const { name, commit, key, annotations = [] } = check;
  const { check_runs } = await ask<{ check_runs: CheckRun[] }>(
    'GET',
    `/commits/${commit}/check-runs?check_name=${encodeURIComponent(name)}&filter=latest&per_page=100`,
    signal,
  );
  const ours = check_runs.filter(({ external_id }) => external_id?.startsWith(OURS));
  const same = ours.find(({ external_id }) => external_id === `${OURS}${key}`);
  const bare = ours.find(({ output }) => output.annotations_count === 0);
  let done = same?.output.annotations_count ?? 0;
  let id = (same ?? bare)?.id;
  do {
    const batch = annotations.slice(done, done + ANNOTATIONS_PER_CALL);
    const content = checkRunOf(check, batch);
    if (id === undefined)
      ({ id } = await ask<CheckRun>('POST', '/check-runs', signal, { ...content, head_sha: commit }));
    else await ask('PATCH', `/check-runs/${id}`, signal, content);
    done += batch.length;
    if (batch.length === 0) break;
  } while (done < annotations.length);
}

function checkRunOf({ name, key, verdict, title, summary, url }: Check, annotations: readonly Annotation[]): object {
  return {
    ...{ name, external_id: `${OURS}${key}`, ...(url === null ? {} : { details_url: url }) },
    ...(verdict === 'pending' ? { status: 'in_progress' } : { status: 'completed', conclusion: verdict }),
    output: {
      ...{ title: oneLineOf(title, 255), summary: fitted(summary, MAX_SUMMARY) },
      annotations: annotations.map(({ path, line, level, title: of_note, message }) => ({
        ...{ path, start_line: line, end_line: line, annotation_level: level },
        ...{ title: oneLineOf(of_note, 255), message: fitted(message, 60_000) },
      })),
    },
  };
}

async function putStatus({ name, commit, verdict, title, url }: Check, ask: Ask, signal: AbortSignal): Promise<void> {
  const state = verdict === 'neutral' ? 'success' : verdict;
  const description = oneLineOf(title, MAX_STATUS);
  const statuses = await ask<Array<{ context: string; state: string; description: string | null }>>(
    'GET',
    `/commits/${commit}/statuses?per_page=100`,
    signal,
  );
  const last = statuses.find(({ context }) => context === name);
  if (last?.state === state && last.description === description) return;
  const target = url === null ? {} : { target_url: url };
  await ask('POST', `/statuses/${commit}`, signal, { state, context: name, description, ...target });
}

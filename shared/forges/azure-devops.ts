import { type SendOptions, sendJson } from '../outbound/send.ts';
import { explainRefusal } from './explain.ts';
import type { Check, Comment, Forge, Verdict } from './forge.ts';
import { markedBody, markerLine, oneLineOf } from './markdown.ts';

const API_VERSION = '7.1';
const MAX_CHARACTERS = 150_000;
const MAX_STATUS = 400;
const GENRE = 'benchwire';

const STATES: Readonly<Record<Verdict, string>> = {
  success: 'succeeded',
  failure: 'failed',
  neutral: 'succeeded',
  pending: 'pending',
};

export interface AzureDevOpsOptions {
  /** `https://dev.azure.com/ORGANISATION`. */
  organization_url: string;
  project: string;
  repository: string;
  /** A personal access token with Code (status) and Code (read & write). */
  token: string;
}

interface Status {
  id: number;
  state: string;
  description?: string;
  context: { name: string; genre?: string };
}

interface Thread {
  id: number;
  status?: string;
  isDeleted?: boolean;
  comments: Array<{ id: number; content?: string; isDeleted?: boolean }>;
}

type Ask = <T>(method: SendOptions['method'], path: string, signal: AbortSignal, json?: object) => Promise<T>;

/** Statuses of pull requests (of commits where there is none), and one thread that is resolved when nothing is open. */
export function azureDevOps({ organization_url, project, repository, token }: AzureDevOpsOptions): Forge {
  const basic = Buffer.from(`:${token}`).toString('base64');
  const names = [project, '_apis/git/repositories', repository].map((part) =>
    part.split('/').map(encodeURIComponent).join('/'),
  );
  const base = `${organization_url.replace(/\/+$/, '')}/${names.join('/')}`;
  const ask: Ask = async <T>(method: SendOptions['method'], path: string, signal: AbortSignal, json?: object) => {
    const url = `${base}${path}${path.includes('?') ? '&' : '?'}api-version=${API_VERSION}`;
    const options = { url, headers: { authorization: `Basic ${basic}` }, secrets: [basic, token], signal };
    try {
      return (await sendJson<T>({ ...options, ...(method && { method }), ...(json && { json }) })).body;
    } catch (error) {
      throw explained(error, `${project}/${repository}`);
    }
  };
  return {
    comment_characters: MAX_CHARACTERS,
    verify: async (signal) => {
      const { name } = await ask<{ name: string }>('GET', '', signal);
      return `${name} on Azure DevOps`;
    },
    headOf: async (pull_request, signal) => {
      const path = `/pullRequests/${pull_request}`;
      const { lastMergeSourceCommit } = await ask<{ lastMergeSourceCommit: { commitId: string } }>('GET', path, signal);
      return lastMergeSourceCommit.commitId;
    },
    putCheck: (check, signal) => putStatus(check, ask, signal),
    putComment: (comment, signal) => putThread(comment, ask, signal),
  };
}

const explained = (error: unknown, place: string): unknown =>
  explainRefusal(error, {
    401: 'Azure DevOps does not know the token, or it has expired',
    403: `the token may not do that in ${place}: it needs Code (status) and Code (read & write)`,
    404: `Azure DevOps has no ${place}, no such commit or pull request in it, or hides it from this token`,
  });

/** Every status is added; of one context the newest counts. So one that says the same is not added again. */
async function putStatus(check: Check, ask: Ask, signal: AbortSignal): Promise<void> {
  const { name, commit, pull_request, verdict, title, url } = check;
  const path =
    pull_request === null
      ? `/commits/${encodeURIComponent(commit)}/statuses`
      : `/pullRequests/${pull_request}/statuses`;
  const description = oneLineOf(title, MAX_STATUS);
  const { value } = await ask<{ value: Status[] }>('GET', path, signal);
  const ours = value.filter(({ context }) => context.name === name && context.genre === GENRE);
  const last = ours.toSorted((a, b) => b.id - a.id)[0];
  if (last?.state === STATES[verdict] && last.description === description) return;
  const target = url === null ? {} : { targetUrl: url };
  await ask('POST', path, signal, { state: STATES[verdict], description, context: { name, genre: GENRE }, ...target });
}

async function putThread(comment: Comment, ask: Ask, signal: AbortSignal): Promise<void> {
  const { pull_request, marker, body, is_settled = false, only_edit = false } = comment;
  const content = markedBody(marker, body, MAX_CHARACTERS);
  const status = is_settled ? 'fixed' : 'active';
  const path = `/pullRequests/${pull_request}/threads`;
  const { value } = await ask<{ value: Thread[] }>('GET', path, signal);
  const thread = value.find(
    ({ isDeleted, comments }) => isDeleted !== true && comments[0]?.content?.startsWith(markerLine(marker)) === true,
  );
  if (thread === undefined && only_edit) return;
  if (thread === undefined) {
    await ask('POST', path, signal, { comments: [{ parentCommentId: 0, content, commentType: 'text' }], status });
    return;
  }
  const [first] = thread.comments;
  if (first !== undefined && first.content !== content)
    await ask('PATCH', `${path}/${thread.id}/comments/${first.id}`, signal, { content });
  if (thread.status !== status) await ask('PATCH', `${path}/${thread.id}`, signal, { status });
}

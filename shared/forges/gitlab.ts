import { Refused } from '../outbound/errors.ts';
import { type SendOptions, sendJson, sendPages } from '../outbound/send.ts';
import { explainRefusal } from './explain.ts';
import type { Check, Forge, Verdict } from './forge.ts';
import { markedBody, markerLine, oneLineOf } from './markdown.ts';

/** GitLab's limits: characters of a note, of a status. */
const MAX_CHARACTERS = 1_000_000;
const MAX_STATUS = 255;

const STATES: Readonly<Record<Verdict, string>> = {
  success: 'success',
  failure: 'failed',
  neutral: 'success',
  pending: 'running',
};

export interface GitLabOptions {
  /** The project's number or path: `group/name`. */
  project: string;
  /** A personal, group or project token with scope `api`. */
  token: string;
  url?: string | undefined;
}

interface Status {
  name: string;
  status: string;
  description: string | null;
  target_url: string | null;
}

/** Commit statuses and notes on merge requests. */
export function gitlab({ project, token, url = 'https://gitlab.com' }: GitLabOptions): Forge {
  const base = `${url.replace(/\/+$/, '')}/api/v4/projects/${encodeURIComponent(project)}`;
  const options = (path: string, signal: AbortSignal): SendOptions => ({
    ...{ url: `${base}${path}`, headers: { 'private-token': token }, secrets: [token], signal },
  });
  const ask = <T>(method: SendOptions['method'], path: string, signal: AbortSignal, body?: object): Promise<T> =>
    sendJson<T>({ ...options(path, signal), ...(method && { method }), ...(body && { json: body }) }).then(
      (answer) => answer.body,
      (error: unknown) => {
        throw explained(error, project);
      },
    );
  return {
    comment_characters: MAX_CHARACTERS,
    verify: async (signal) => {
      const { path_with_namespace } = await ask<{ path_with_namespace: string }>('GET', '', signal);
      return `${path_with_namespace} on GitLab`;
    },
    headOf: async (pull_request, signal) =>
      (await ask<{ sha: string }>('GET', `/merge_requests/${pull_request}`, signal)).sha,
    putCheck: async ({ name, commit, verdict, title, url: target }: Check, signal) => {
      const wanted = { state: STATES[verdict], description: oneLineOf(title, MAX_STATUS) };
      const sha = encodeURIComponent(commit);
      const known = await ask<Status[]>(
        'GET',
        `/repository/commits/${sha}/statuses?name=${encodeURIComponent(name)}`,
        signal,
      );
      if (known.some(({ status, description }) => status === wanted.state && description === wanted.description))
        return;
      const link = target === null ? {} : { target_url: target };
      await ask('POST', `/statuses/${sha}`, signal, { ...wanted, name, ...link }).catch((error: unknown) => {
        // It has that state already.
        if (!(error instanceof Refused && error.status === 400 && /Cannot transition status/.test(error.message)))
          throw error;
      });
    },
    putComment: async ({ pull_request, marker, body, only_edit = false }, signal) => {
      const wanted = markedBody(marker, body, MAX_CHARACTERS);
      const notes = `/merge_requests/${pull_request}/notes`;
      try {
        for await (const note of sendPages<{ id: number; body: string }>(
          options(`${notes}?per_page=100&sort=asc`, signal),
        )) {
          if (!note.body.startsWith(markerLine(marker))) continue;
          if (note.body !== wanted) await ask('PUT', `${notes}/${note.id}`, signal, { body: wanted });
          return;
        }
      } catch (error) {
        throw explained(error, project);
      }
      if (only_edit) return;
      await ask('POST', notes, signal, { body: wanted });
    },
  };
}

const explained = (error: unknown, project: string): unknown =>
  explainRefusal(error, {
    401: 'GitLab does not know the token, or it has expired',
    403: `the token may not do that in ${project}: it needs scope api and the role Developer; the token of a job cannot write notes`,
    404: `GitLab has no project ${project}, no such commit or merge request in it, or hides it from this token`,
  });

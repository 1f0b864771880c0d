import { z } from 'zod';
import { type CiReport, judge } from '../ci-report.ts';
import { markerOf, reportMarkdown } from '../markdown.ts';
import { type Answer, askHost, type CodeHost, HostError } from './code-host.ts';

/** What GitLab takes of a note; a shorter one is easier to read. */
const NOTE_BYTES = 250_000;
const DESCRIPTION_CHARACTERS = 255;
const A_PAGE = 100;
const MAX_PAGES = 30;

interface GitLabOptions {
  /** `https://gitlab.com/api/v4` */
  api_url: string;
  /** `group/project` */
  repository: string;
  token: string;
}

const notes = z.array(z.object({ id: z.int(), body: z.string() }));
const mergeRequest = z.object({ sha: z.string() });

/** GitLab: a commit status, and one note on the merge request that is edited. */
export function gitLab({ api_url, repository, token }: GitLabOptions): CodeHost {
  const root = `${api_url.replace(/\/+$/, '')}/projects/${encodeURIComponent(repository)}`;
  const headers = { 'private-token': token };
  const ask = (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, expected?: number[]): Promise<Answer> =>
    askHost({ method, url: `${root}${path}`, headers, body, ...(expected === undefined ? {} : { expected }) });

  async function status(report: CiReport, sha: string): Promise<string> {
    const { conclusion, title } = judge(report);
    const target_url = report.url ?? report.build.run_url;
    const body = {
      // GitLab has no neutral state.
      ...{ state: conclusion === 'failure' ? 'failed' : 'success', name: report.name },
      ...{ description: title.slice(0, DESCRIPTION_CHARACTERS), ...(target_url === undefined ? {} : { target_url }) },
    };
    // 400: the status has this state already.
    const answer = await ask('POST', `/statuses/${sha}`, body, [400]);
    if (answer.status === 400 && !/cannot transition/i.test(JSON.stringify(answer.body)))
      throw new HostError(`POST /statuses: HTTP 400 ${JSON.stringify(answer.body).slice(0, 300)}`, 400);
    return `a status at ${sha.slice(0, 7)}`;
  }

  async function ownNote(request: string, marker: string): Promise<number | undefined> {
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { body } = await ask('GET', `${request}/notes?per_page=${A_PAGE}&page=${page}`);
      const found = notes.parse(body);
      const own = found.find((note) => note.body.startsWith(marker));
      if (own !== undefined) return own.id;
      if (found.length < A_PAGE) return undefined;
    }
    return undefined;
  }

  async function say(report: CiReport, pull_request: number): Promise<string> {
    const request = `/merge_requests/${pull_request}`;
    const body = reportMarkdown(report, NOTE_BYTES);
    const id = await ownNote(request, markerOf(report));
    if (id !== undefined) {
      await ask('PUT', `${request}/notes/${id}`, { body });
      return `its note on merge request ${pull_request}, edited`;
    }
    if (!judge(report).deserves_comment) return `no note on merge request ${pull_request}: nothing changed`;
    await ask('POST', `${request}/notes`, { body });
    return `a note on merge request ${pull_request}`;
  }

  return {
    name: 'GitLab',
    headOf: async (pull_request) => mergeRequest.parse((await ask('GET', `/merge_requests/${pull_request}`)).body).sha,
    publish: async (report) => {
      const { commit, head_commit, pull_request } = report.build;
      const sha = head_commit ?? commit;
      const posts = [
        ...(sha === undefined ? [] : [() => status(report, sha)]),
        ...(pull_request === undefined ? [] : [() => say(report, pull_request)]),
      ];
      return await Promise.all(posts.map((post) => post().catch(inWords)));
    },
  };
}

function inWords(error: unknown): string {
  if (!(error instanceof HostError)) throw error;
  const isRefused = error.status === 401 || error.status === 403 || error.status === 404;
  const remedy = isRefused
    ? " GITLAB_TOKEN needs a project access token with the scope api; the job's own token may not write notes. Pipelines of forks do not get it: write the report with --artifact, and post it with `bw ci claim` in the project."
    : '';
  return `not posted: ${error.message}.${remedy}`;
}

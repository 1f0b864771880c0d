import { z } from 'zod';
import { type CiReport, judge, signOf } from '../ci-report.ts';
import { markerOf, reportMarkdown } from '../markdown.ts';
import { type Answer, askHost, type CodeHost, HostError } from './code-host.ts';

/** What GitHub takes of a comment and of a check's summary. */
export const GITHUB_COMMENT_BYTES = 65_535;
const DESCRIPTION_CHARACTERS = 140;
const A_PAGE = 100;
const MAX_PAGES = 30;

interface GitHubOptions {
  /** `https://api.github.com`, or that of a server of one's own. */
  api_url: string;
  repository: string;
  token: string;
}

const comment = z.object({ id: z.int(), body: z.string().nullish() });
const pull = z.object({ head: z.object({ sha: z.string() }) });

/** GitHub: a check run at the commit (a commit status where the token is no app's), and one comment that is edited. */
export function gitHub({ api_url, repository, token }: GitHubOptions): CodeHost {
  const root = `${api_url.replace(/\/+$/, '')}/repos/${repository}`;
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'x-github-api-version': '2022-11-28',
  };
  const ask = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<Answer> =>
    askHost({ method, url: `${root}${path}`, headers, body });

  async function check(report: CiReport, sha: string): Promise<string> {
    const judged = judge(report);
    const output = {
      title: `${signOf(judged)} ${judged.title}`.slice(0, 255),
      summary: reportMarkdown(report, GITHUB_COMMENT_BYTES),
    };
    const details_url = report.url ?? report.build.run_url;
    const run = { name: report.name, head_sha: sha, status: 'completed', conclusion: judged.conclusion, output };
    try {
      await ask('POST', '/check-runs', { ...run, ...(details_url === undefined ? {} : { details_url }) });
      return `a check at ${sha.slice(0, 7)}`;
    } catch (error) {
      // Only apps may write checks; the token of a person may write statuses, which know no neutral state.
      if (!(error instanceof HostError) || error.status !== 403) throw error;
      const state = judged.conclusion === 'failure' ? 'failure' : 'success';
      const description = judged.title.slice(0, DESCRIPTION_CHARACTERS);
      await ask('POST', `/statuses/${sha}`, { state, context: report.name, description, target_url: details_url });
      return `a commit status at ${sha.slice(0, 7)}`;
    }
  }

  async function ownComment(pull_request: number, marker: string): Promise<number | undefined> {
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { body } = await ask('GET', `/issues/${pull_request}/comments?per_page=${A_PAGE}&page=${page}`);
      const comments = z.array(comment).parse(body);
      const found = comments.find((each) => each.body?.startsWith(marker));
      if (found !== undefined) return found.id;
      if (comments.length < A_PAGE) return undefined;
    }
    return undefined;
  }

  async function say(report: CiReport, pull_request: number): Promise<string> {
    const body = reportMarkdown(report, GITHUB_COMMENT_BYTES);
    const id = await ownComment(pull_request, markerOf(report));
    if (id !== undefined) {
      await ask('PATCH', `/issues/comments/${id}`, { body });
      return `its comment on pull request ${pull_request}, edited`;
    }
    if (!judge(report).deserves_comment) return `no comment on pull request ${pull_request}: nothing changed`;
    await ask('POST', `/issues/${pull_request}/comments`, { body });
    return `a comment on pull request ${pull_request}`;
  }

  return {
    name: 'GitHub',
    headOf: async (pull_request) => pull.parse((await ask('GET', `/pulls/${pull_request}`)).body).head.sha,
    publish: async (report) => {
      const { commit, head_commit, pull_request } = report.build;
      const sha = head_commit ?? commit;
      const posts = [
        ...(sha === undefined ? [] : [() => check(report, sha)]),
        ...(pull_request === undefined ? [] : [() => say(report, pull_request)]),
      ];
      return await Promise.all(posts.map((post) => post().catch(inWords)));
    },
  };
}

function inWords(error: unknown): string {
  if (!(error instanceof HostError)) throw error;
  if (error.status !== 403) return `not posted: ${error.message}`;
  return `not posted: ${error.message}. The job's token may not write here. For a pull request of a fork that is how it should be: write the report with --artifact, and post it with \`bw ci claim\` from a workflow that runs on workflow_run (\`bw ci init github\` writes both). Else give the job the permissions "checks: write" and "pull-requests: write".`;
}

import { createHash } from 'node:crypto';
import type { Forge } from '@benchwire/shared/forges/forge.ts';
import { Later, Refused } from '@benchwire/shared/outbound/errors.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { type CiReport, judge, signOf } from '../ci-report.ts';
import { reportMarkdown } from '../markdown.ts';

/** A place that pull requests are shown at. */
export interface CodeHost {
  name: string;
  forge: Forge;
}

const ATTEMPTS = 4;
/** A host that wants a longer pause is not waited for: the job costs more than the comment. */
const LONGEST_PAUSE_MS = 60_000;
/** What every host takes with a check. */
const SUMMARY_CHARACTERS = 60_000;
/** The host's own line at the beginning of a comment, which names it. */
const MARKER_CHARACTERS = 200;

/**
 * Shows a report at its commit, and in one comment on its pull request: a new one only where something moved, one that is there is
 * edited in any case. What is refused stops nothing.
 * @returns what was posted, in words, and what was not with the reason and the remedy
 */
export async function publish({ forge }: CodeHost, report: CiReport): Promise<string[]> {
  const { commit, head_commit, pull_request } = report.build;
  const sha = head_commit ?? commit;
  const posts = [
    ...(sha === undefined ? [] : [() => putCheck(forge, report, sha)]),
    ...(pull_request === undefined || forge.putComment === undefined
      ? []
      : [() => putComment(forge, report, pull_request)]),
  ];
  return await Promise.all(posts.map((post) => post().catch((error: unknown) => notPosted(error, report))));
}

async function putCheck(forge: Forge, report: CiReport, commit: string): Promise<string> {
  const judged = judge(report);
  const check = {
    ...{ name: report.name, key: report.run_id, commit, pull_request: report.build.pull_request ?? null },
    ...{ verdict: judged.conclusion, title: `${signOf(judged)} ${judged.title}` },
    summary: reportMarkdown(report, Math.min(SUMMARY_CHARACTERS, forge.comment_characters)),
    url: report.url ?? report.build.run_url ?? null,
  };
  await again((signal) => forge.putCheck(check, signal));
  return `a check at ${commit.slice(0, 7)}`;
}

async function putComment(forge: Forge, report: CiReport, pull_request: number): Promise<string> {
  const { deserves_comment, conclusion } = judge(report);
  const comment = {
    ...{ pull_request, marker: markerOf(report), is_settled: conclusion !== 'failure', only_edit: !deserves_comment },
    body: reportMarkdown(report, forge.comment_characters - MARKER_CHARACTERS),
  };
  await again(async (signal) => await forge.putComment?.(comment, signal));
  return deserves_comment
    ? `the comment on pull request ${pull_request}`
    : `no new comment on pull request ${pull_request}: nothing changed`;
}

/** Two jobs with names of their own have comments of their own. */
const markerOf = ({ name }: CiReport): string => `ci-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;

/** Tries again after errors of the host, and after the pause that it asks for. */
export async function again<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(new AbortController().signal);
    } catch (error) {
      const wait_ms = error instanceof Later ? error.after_ms : 1000 * 2 ** (attempt - 1);
      if (error instanceof Refused || attempt === ATTEMPTS || wait_ms > LONGEST_PAUSE_MS) throw error;
      await pause(wait_ms);
    }
  }
}

function notPosted(error: unknown, { build }: CiReport): string {
  const remedy =
    build.is_fork === true
      ? ' The job of a fork has no secrets: write the report with --artifact, and post it with `bw ci claim` on the trusted side.'
      : '';
  return `not posted: ${messageOf(error)}.${remedy}`;
}

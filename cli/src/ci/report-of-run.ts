import type { Source } from '@benchwire/shared/contracts/request.ts';
import type { RunReport } from '../commands/run-report.ts';
import { finalOutcomes, totalOf } from '../progress/run-progress.ts';
import type { CiBuild } from './ci-build.ts';
import { type CiReport, MAX_FAILURES } from './ci-report.ts';

interface ReportOptions {
  name: string;
  build: Partial<CiBuild>;
  source: Source;
  notes: readonly string[];
  now_ms: number;
}

/** The report of a run that has ended. Pure. */
export function reportOf(ended: RunReport, { name, build, source, notes, now_ms }: ReportOptions): CiReport {
  const { progress, said, url, order, started_ms } = ended;
  const { accepted_at, finished } = progress;
  const { provider, head_commit, branch, pull_request, is_fork, repository, run_url } = build;
  const commit = hash(build.commit ?? source.commit);
  const failures = finalOutcomes(progress, order).filter(({ status }) => status !== 'completed');
  return {
    ...{ schema: 'benchwire-ci-report/1', name: name.slice(0, 100), run_id: progress.run_id, url: url ?? null },
    build: {
      ...(provider === undefined ? {} : { provider }),
      ...(commit === undefined ? {} : { commit }),
      ...(hash(head_commit) === undefined ? {} : { head_commit: hash(head_commit) }),
      ...(branch === undefined ? {} : { branch: branch.slice(0, 256) }),
      ...(pull_request === undefined ? {} : { pull_request }),
      ...(is_fork === undefined ? {} : { is_fork }),
      ...(repository === undefined ? {} : { repository: repository.slice(0, 512) }),
      ...(run_url === undefined ? {} : { run_url: run_url.slice(0, 2048) }),
    },
    started_at: accepted_at ?? new Date(started_ms).toISOString(),
    finished_at: finished?.at ?? new Date(now_ms).toISOString(),
    tasks: { total: totalOf(progress), completed: finished?.counts?.completed ?? progress.counts.completed },
    failures: failures.slice(0, MAX_FAILURES).map(({ task_id, status, error }) => {
      return { task_id, status, message: (error?.message ?? '').slice(0, 2000) };
    }),
    verdict: said.verdict ?? null,
    no_verdict: said.verdict === undefined ? said.why.slice(0, 2000) : '',
    notes: notes.slice(0, 20).map((note) => note.slice(0, 1000)),
  };
}

/** Checks and statuses are at commits that git knows; a name that somebody has made up is none. */
const hash = (commit: string | undefined): string | undefined =>
  commit !== undefined && /^[0-9a-f]{7,128}$/.test(commit) ? commit : undefined;

import { runId } from '@benchwire/shared/contracts/ids.ts';
import { type MetricVerdict, runVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { z } from 'zod';
import { count } from '../terminal/numbers.ts';
import { CI_PROVIDERS } from './ci-build.ts';

const text = (most: number) => z.string().max(most);
const commit = text(128).regex(/^[0-9a-f]{7,}$/);

/** Of a build, what is needed to post about it. */
const reportedBuild = z.strictObject({
  provider: z.enum(CI_PROVIDERS).optional(),
  commit: commit.optional(),
  head_commit: commit.optional(),
  branch: text(256).optional(),
  pull_request: z.int().min(1).optional(),
  is_fork: z.boolean().optional(),
  repository: text(512).optional(),
  run_url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
});

export const MAX_FAILURES = 50;
const TITLE_CHARACTERS = 500;

/** What `bw ci` has found out: everything that files, comments and checks are made of. An artifact is one as JSON. */
export const ciReport = z.strictObject({
  schema: z.literal('benchwire-ci-report/1'),
  /** Of the check and of the comment: two jobs with names of their own do not collide. */
  name: text(100).min(1),
  build: reportedBuild,
  run_id: runId,
  /** The run's page. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .nullable(),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  tasks: z.strictObject({ total: z.int().min(0), completed: z.int().min(0) }),
  /** Tasks that did not complete. */
  failures: z.array(z.strictObject({ task_id: text(128), status: text(32), message: text(2000) })).max(MAX_FAILURES),
  verdict: runVerdict.nullable(),
  /** Why there is no verdict; empty where there is one. */
  no_verdict: text(2000),
  /** What people have to know of how it was compared. */
  notes: z.array(text(1000)).max(20),
});
export type CiReport = z.infer<typeof ciReport>;

type CiKind = 'failed' | 'slower' | 'changed' | 'faster' | 'no_change' | 'cannot_tell';
type Conclusion = 'success' | 'failure' | 'neutral';

export interface Judgement {
  kind: CiKind;
  /** Of the check. What cannot be decided is neutral: it does not block, and is not green. */
  conclusion: Conclusion;
  /** In one line. */
  title: string;
  /** Whether it is worth a comment of its own. Where nothing happened there is none. */
  deserves_comment: boolean;
}

const SIGNS = { failed: '❌', slower: '❌', changed: '⚠️', faster: '🚀', no_change: '✅', cannot_tell: '❔' } as const;

/** What a report comes to. Pure. */
export function judge(report: CiReport): Judgement {
  const { verdict, tasks, no_verdict } = report;
  const kind = kindOf(report);
  const failed = tasks.total - tasks.completed;
  const title =
    failed > 0
      ? `${count(failed, 'task')} of ${tasks.total} did not complete`
      : (verdict?.summary ?? `no verdict: ${no_verdict}`);
  return {
    kind,
    conclusion: conclusionOf(report, kind),
    title: title.slice(0, TITLE_CHARACTERS),
    deserves_comment: !['no_change', 'cannot_tell'].includes(kind),
  };
}

/** Before the title in comments and summaries. */
export const signOf = ({ kind, conclusion }: Judgement): string =>
  kind === 'slower' && conclusion !== 'failure' ? '⚠️' : SIGNS[kind];

/** Those that count for the gate. */
export const countedMetrics = ({ verdict }: CiReport): MetricVerdict[] =>
  (verdict?.metrics ?? []).filter(({ gate }) => gate !== 'report');

function kindOf(report: CiReport): CiKind {
  if (report.tasks.completed < report.tasks.total) return 'failed';
  const counted = countedMetrics(report);
  const has = (kind: MetricVerdict['verdict']): boolean =>
    counted.some(({ verdict, accepted }) => verdict === kind && accepted === null);
  if (has('slower')) return 'slower';
  if (has('changed')) return 'changed';
  if (has('faster')) return 'faster';
  if (has('cannot_tell') || !has('no_change')) return 'cannot_tell';
  return 'no_change';
}

function conclusionOf(report: CiReport, kind: CiKind): Conclusion {
  if (kind === 'failed' || report.verdict?.outcome === 'fail') return 'failure';
  const isUnclear = countedMetrics(report).some(({ verdict }) => verdict === 'cannot_tell');
  return kind === 'cannot_tell' || isUnclear || report.verdict?.outcome === 'warn' ? 'neutral' : 'success';
}

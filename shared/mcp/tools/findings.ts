import { z } from 'zod';
import { call } from '../../client/http-client.ts';
import type { Finding } from '../../contracts/finding.ts';
import { FINDING_KINDS } from '../../contracts/finding-kinds.ts';
import { fourDigits } from '../../format/number.ts';
import { fields, percent } from '../answer.ts';
import { defineTool, readSince } from '../tool.ts';
import { findingLine, subject } from './lines.ts';

export const whatChanged = defineTool({
  name: 'what_changed',
  description:
    'What got slower (or faster, or otherwise changed) since a time: findings, newest first. Dismissed ones and those that went away only with include_settled.',
  input: z.object({
    since: z.string().default('7d').describe('monday, yesterday, 24h, 7d, 2026-11-01'),
    kind: z.enum([...FINDING_KINDS, 'any']).default('regression'),
    search: z.string().max(256).default('').describe('part of a benchmark, model, metric or pool'),
    branch: z.string().max(256).optional(),
    include_settled: z.boolean().default(false),
  }),
  async run({ since, kind, search, branch, include_settled }, context) {
    const from = readSince(since, context);
    const query = {
      ...{ since: from, search, branch, limit: 50, cursor: context.api_cursor },
      ...(kind === 'any' ? {} : { kind }),
      ...(include_settled ? {} : { states: ['suspected' as const, 'confirmed' as const, 'acknowledged' as const] }),
    };
    const { items, next_cursor } = await context.api.send(call('GET /api/findings', { query }));
    const what = kind === 'any' ? 'Findings' : `Findings of kind ${kind}`;
    return {
      head: [items.length === 0 ? `${what} since ${from}: none.` : `${what} since ${from}, newest first:`],
      rows: items.map(findingLine),
      next_cursor,
      hint: 'explain_finding shows the numbers behind one, how_to_reproduce how to measure it again.',
    };
  },
});

export const explainFinding = defineTool({
  name: 'explain_finding',
  description:
    'One finding: the change, its interval of commits, the tests that found it, re-runs, and who decided what.',
  input: z.object({ finding_id: z.string().min(1).max(512) }),
  async run({ finding_id }, { api }) {
    const found = await api.send(call('GET /api/findings/:id', { params: { id: finding_id } }));
    return { head: headOf(found), rows: rowsOf(found), hint: 'series_history shows the values before and after.' };
  },
});

function headOf(found: Finding): string[] {
  const { culprit } = found;
  return [
    fields({ finding_id: found.finding_id, kind: found.kind, state: found.state, ...subject(found.series) }),
    found.message,
    fields({
      value: fourDigits(found.value),
      baseline: fourDigits(found.baseline.median),
      baseline_runs: found.baseline.n,
      unit: found.unit,
      change: percent(found.change_percent),
      effect_in_noise: fourDigits(found.evidence?.effect_size ?? found.z_score),
    }),
    fields({
      pool: found.pool,
      run_id: found.run_id,
      task_id: found.task_id,
      series_id: found.series_id,
      measured_at: found.measured_at,
      incident_id: found.incident_id,
    }),
    culprit === null
      ? 'Commits: not known, the points name no source.'
      : `Commits: good ${culprit.last_good.source?.commit ?? 'without a name'}, bad ${culprit.first_bad.source?.commit ?? 'without a name'}`,
  ];
}

function rowsOf({ evidence, confirmations, history, links }: Finding): string[] {
  return [
    ...(evidence?.environment ?? []).map(({ what, from, to }) => `ENVIRONMENT ${what}: ${from} -> ${to}`),
    ...(evidence?.tests ?? []).map(
      (test) => `TEST ${test.name} ${test.passed ? 'passed' : 'not passed'}: ${test.meaning}`,
    ),
    ...confirmations.map((each) =>
      fields({
        'RE-RUN on': each.on,
        worker: each.worker_id,
        value: each.value === null ? 'none yet' : fourDigits(each.value),
        agrees: each.agrees === null ? 'unknown' : each.agrees ? 'with the new level' : 'with the old level',
        note: each.note,
        run_id: each.run_id,
      }),
    ),
    ...history.map((each) => `STATE ${each.at} ${each.state} by ${each.by}: ${each.reason}`),
    ...links.map((link) => `LINK ${link}`),
  ];
}

export const decideFinding = defineTool({
  name: 'decide_finding',
  description: 'Acknowledge, dismiss or reopen a finding. A dismissal needs a reason. Needs the role submitter.',
  input: z.object({
    finding_id: z.string().min(1).max(512),
    action: z.enum(['acknowledge', 'dismiss', 'reopen']),
    reason: z.string().max(2000).default(''),
  }),
  writes: true,
  async run({ finding_id, action, reason }, { api }) {
    const asked = { params: { id: finding_id }, body: { reason } };
    const answer = await api.send(
      action === 'acknowledge'
        ? call('POST /api/findings/:id/acknowledge', asked)
        : action === 'dismiss'
          ? call('POST /api/findings/:id/dismiss', asked)
          : call('POST /api/findings/:id/reopen', asked),
    );
    return { head: [fields({ ...answer })], rows: [] };
  },
});

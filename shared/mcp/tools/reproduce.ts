import { z } from 'zod';
import { call } from '../../client/http-client.ts';
import { runId, taskId } from '../../contracts/ids.ts';
import { fields, type ToolAnswer } from '../answer.ts';
import { defineTool, type ToolContext } from '../tool.ts';
import { ToolError } from '../tool-error.ts';

export const howToReproduce = defineTool({
  name: 'how_to_reproduce',
  description:
    'How to measure a finding, or a task of a run, again: commands, the device and versions that measured it, and the request.',
  input: z.object({
    finding_id: z.string().max(512).optional(),
    run_id: runId.optional(),
    task_id: taskId.optional(),
  }),
  async run({ finding_id, run_id, task_id }, context) {
    if (finding_id !== undefined) {
      const found = await context.api.send(call('GET /api/findings/:id', { params: { id: finding_id } }));
      return await reproduce(found.run_id, found.task_id, context, finding_id);
    }
    if (run_id === undefined) throw new ToolError('give finding_id, or run_id with or without task_id.');
    return await reproduce(run_id, task_id, context);
  },
});

async function reproduce(
  run_id: string,
  task_id: string | undefined,
  { api }: ToolContext,
  finding_id?: string,
): Promise<ToolAnswer> {
  const request = await api.send(call('GET /api/runs/:run_id/request', { params: { run_id } }));
  const head = [
    `Again on this stack, the same files and settings: bw repeat ${run_id}${task_id === undefined ? '' : ` (one task: bw retry ${run_id} ${task_id})`}`,
    task_id === undefined
      ? 'One task as an archive: give task_id.'
      : `On any stack, as an archive with request, hashes, versions, samples and a script: bw repro ${finding_id ?? `${run_id}/${task_id}`}`,
  ];
  if (task_id !== undefined) head.push(...(await measuredOn(run_id, task_id, api)));
  const text = request.request === '' ? '' : JSON.stringify(JSON.parse(request.request), null, 1);
  return {
    head,
    rows:
      text === '' ? [`REQUEST not kept: ${request.reason}`] : ['REQUEST (start_run takes it):', ...text.split('\n')],
  };
}

async function measuredOn(run_id: string, task_id: string, api: ToolContext['api']): Promise<string[]> {
  const outcome = await api.send(call('GET /api/tasks/:run_id/:task_id/outcome', { params: { run_id, task_id } }));
  return [
    fields({
      worker: outcome.worker_id,
      device: outcome.device_id,
      pool: outcome.pool,
      fingerprint: outcome.fingerprint,
      commit: outcome.source?.commit,
    }),
    `ENVIRONMENT ${fields(flat(outcome.environment))}`,
  ];
}

/** Names with dots for what lies deeper. */
function flat(value: object, before = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]): Array<[string, string]> => {
      if (each === null || each === undefined) return [];
      return typeof each === 'object'
        ? Object.entries(flat(each, `${before}${name}.`))
        : [[`${before}${name}`, String(each)]];
    }),
  );
}

export const startRun = defineTool({
  name: 'start_run',
  description:
    'Start a run from a request (as how_to_reproduce shows it), or with dry_run only check it. Needs the role submitter.',
  input: z.object({
    request: z.record(z.string(), z.unknown()).describe('a request with `tasks`, or a single task'),
    dry_run: z.boolean().default(false),
  }),
  writes: true,
  async run({ request, dry_run }, { api }) {
    const answer = await api.send(call('POST /api/runs', { query: { dry_run }, body: request }));
    if ('run_id' in answer) return { head: [fields(answer)], rows: [], hint: 'why_red with run_id shows how it goes.' };
    return {
      head: [answer.issues.length === 0 ? `It would start ${answer.task_count} tasks.` : 'It would be refused:'],
      rows: answer.issues.map(({ path, message }) => `${path}: ${message}`),
    };
  },
});

import { expect, it } from 'vitest';
import { submitted, T0 } from '../testing.ts';
import type { OutcomeFacts } from './attempt-end.ts';
import { jobOf } from './messages.ts';
import { SchedulerState } from './scheduler-state.ts';

const RUN = '019ad000-0000-7000-8000-00000000000a';
const part = { name: 'silero-int4.onnx', sha256: 'a'.repeat(64), size_bytes: 7 };
const artifact = { ...part, model: 'silero-vad-v5' };

it('a task gets the model that another one has made, also from a leader that has just read it all again', () => {
  const message = submitted(
    {
      tasks: [
        { task_id: 'q', type: 'quantize', config: { model: 'silero-vad-v5', to: 'int4' } },
        { task_id: 'm', config: { model: { artifact_of: 'q' } } },
      ],
    },
    RUN,
  );
  for (const results of [{ artifact }, {}] as Array<NonNullable<OutcomeFacts['results']>>) {
    const state = new SchedulerState();
    expect(state.applyRunMessage(message, T0)).toEqual([]);
    const measured = state.runs.get(RUN)?.tasks.get('m');
    if (measured === undefined) throw new Error('the task is not there');
    expect(measured.phase).toBe('blocked');
    const outcome: OutcomeFacts = {
      ...{ run_id: RUN, task_id: 'q', attempt: 1, max_attempts: 4, status: 'completed', error: null },
      ...{ worker_id: 'w0', pool: 'p', finished_at: new Date(T0).toISOString(), results },
    };
    expect(state.applyOutcome(outcome, T0, () => 0)).toBe(true);
    expect(measured.phase).toBe('ready');
    const { task } = jobOf(measured, [], undefined);
    // Without one the worker says that there is none.
    const files = 'artifact' in results ? [{ path: 'artifact_of:q', parts: [part] }] : undefined;
    expect(task).toMatchObject({ config: { model: 'artifact_of:q' }, made_of: { model: 'silero-vad-v5' } });
    expect('files' in task ? task.files : undefined).toEqual(files);
  }
});

import { userInfo } from 'node:os';
import { type BenchEvent, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { MESSAGE_VERSION, newRunId } from '@benchwire/shared/contracts/ids.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { jetstream } from '@nats-io/jetstream';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';

export const note = defineCommand({
  name: 'note',
  summary: 'a note on a series, for all who look at its history',
  positionals: ['SERIES', 'TEXT'],
  options: { link: { kind: 'text', value: 'URL', help: 'where more is said' } },
  async run(context, { link }, [series_id = '', text = '']) {
    if (text.trim() === '') throw new UsageError('say something: bw note SERIES "moved to the new rack"');
    const at = new Date(context.now()).toISOString();
    await withStack(context, async (client) => {
      const { rows } = await client.query('points', { series_id, limit: 1 });
      if (rows.length === 0) throw new NotFoundError(`there is no series ${series_id}: \`bw series\` lists them.`);
      const event: BenchEvent = {
        ...{ v: MESSAGE_VERSION, event_id: newRunId(), at, entity: 'series', kind: 'note' },
        ...{ run_id: null, task_id: null, attempt: null, worker_id: null, pool: null },
        message: text.slice(0, 2000),
        data: {
          ...{ series_ids: [series_id], about_at: at, text: text.slice(0, 2000), by: userInfo().username },
          link: link ?? null,
        },
      };
      await publish(jetstream(client.nats), eventSubject(event), JSON.stringify(event), { id: event.event_id });
    });
    if (!context.json) context.out.line('noted');
    return EXIT.ok;
  },
});

import { userInfo } from 'node:os';
import { noteOnSeries } from '@benchwire/shared/client/note.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';

export const note = defineCommand({
  name: 'note',
  summary: 'annotate a series, for everyone who looks at its history',
  positionals: ['SERIES', 'TEXT'],
  options: { link: { kind: 'text', value: 'URL', help: 'a link with more details' } },
  async run(context, { link }, [series_id = '', text = '']) {
    if (text.trim() === '') throw new UsageError('the text is missing: bw note SERIES "moved to the new rack"');
    await withStack(context, async (client) => {
      const { rows } = await client.query('points', { series_id, limit: 1 });
      if (rows.length === 0) throw new NotFoundError(`there is no series ${series_id}: \`bw series\` lists them.`);
      const note = { series_id, text: text.slice(0, 2000), by: userInfo().username, link: link ?? null };
      await noteOnSeries(client.nats, note, new Date(context.now()));
    });
    if (!context.json) context.out.line('noted');
    return EXIT.ok;
  },
});

import { ask } from '@benchwire/shared/client/ask.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { RESERVATIONS_SUBJECT, type Reservation, reservationsReply } from '@benchwire/shared/contracts/scheduler.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { shortRunId } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';
import { type Column, renderTable } from '../terminal/table.ts';

export const reservations = defineCommand({
  name: 'reservations',
  summary: 'reserved pools',
  positionals: [],
  options: {},
  async run(context) {
    const reply = await withStack(context, ({ nats }) =>
      ask(nats, RESERVATIONS_SUBJECT, {}, reservationsReply, { service: 'scheduler', reads_only: true }),
    );
    if (!reply.ok) throw new ClientError('REFUSED', 'the scheduler does not know', { issues: reply.issues });
    const { out, err, style, json } = context;
    const open = reply.reservations.filter(({ until }) => Date.parse(until) > context.now());
    if (json) out.line(JSON.stringify(open));
    else if (open.length === 0) err.line('no reservations. `bw reserve POOL --tenant NAME --until TIME` makes one.');
    else out.lines(renderTable(open, COLUMNS, { style, width: out.columns }));
    return EXIT.ok;
  },
});

const COLUMNS: ReadonlyArray<Column<Reservation>> = [
  { title: 'reservation', cell: ({ id }) => id },
  { title: 'pool', cell: ({ pool }) => pool },
  {
    title: 'for',
    cell: ({ tenant, run_id }) => (run_id === null ? `tenant ${tenant}` : `run ${shortRunId(run_id)}`),
    shrink_to: 12,
  },
  { title: 'from', cell: ({ from }) => from.slice(0, 19).replace('T', ' ') },
  { title: 'until (UTC)', cell: ({ until }) => until.slice(0, 19).replace('T', ' ') },
];

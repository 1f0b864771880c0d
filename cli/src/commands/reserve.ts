import { ask } from '@benchwire/shared/client/ask.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { RELEASE_SUBJECT, RESERVE_SUBJECT, releaseReply, reserveReply } from '@benchwire/shared/contracts/scheduler.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun } from '../connection/find-run.ts';
import { EXIT } from '../errors.ts';

const SCHEDULER = { service: 'scheduler' };

export const reserve = defineCommand({
  name: 'reserve',
  summary: 'reserve a pool for one tenant or run for a while; --release ID ends it',
  positionals: ['[POOL]'],
  options: {
    tenant: { kind: 'text', value: 'NAME', help: "for this tenant's runs" },
    run: { kind: 'text', value: 'RUN', help: 'for this run' },
    from: { kind: 'text', value: 'TIME', help: 'ISO 8601 with a zone (now)' },
    until: { kind: 'text', value: 'TIME', help: 'ISO 8601 with a zone, such as 2026-11-22T06:00:00Z' },
    release: { kind: 'text', value: 'ID', help: 'end this reservation' },
  },
  details:
    'No other task starts there in that time, nor one that would probably still run then. Running tasks continue.',
  async run(context, { tenant, run, from, until, release }, [pool]) {
    const { out, json } = context;
    if (release !== undefined) {
      const reply = await withStack(context, ({ nats }) =>
        ask(nats, RELEASE_SUBJECT, { id: release }, releaseReply, SCHEDULER),
      );
      if (!reply.ok) throw new ClientError('REFUSED', "the reservation can't be released", { issues: reply.issues });
      out.line(json ? JSON.stringify({ released: reply.id }) : `reservation ${reply.id} has ended.`);
      return EXIT.ok;
    }
    const reply = await withStack(context, async (client) => {
      const whom = run === undefined ? { tenant } : { tenant, run_id: await findRun(client, run) };
      return await ask(client.nats, RESERVE_SUBJECT, { pool, from, until, ...whom }, reserveReply, SCHEDULER);
    });
    if (!reply.ok) throw new ClientError('REFUSED', "the pool can't be reserved", { issues: reply.issues });
    const { reservation } = reply;
    if (json) out.line(JSON.stringify(reservation));
    else
      out.line(
        `${reservation.pool} is reserved from ${reservation.from} until ${reservation.until}: ${reservation.id}`,
      );
    return EXIT.ok;
  },
});

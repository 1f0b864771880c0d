import { defineCommand } from '../arguments/command.ts';
import { clusterView } from '../cluster/cluster-view.ts';
import { readCluster } from '../cluster/read-cluster.ts';
import { withStack } from '../connection/connect.ts';
import { EXIT } from '../errors.ts';

export const cluster = defineCommand({
  name: 'cluster',
  summary: 'leader, services with their health, streams, and topology',
  positionals: [],
  options: {},
  details: 'Asks the services and NATS as they are now; works without the aggregator and its database, too.',
  async run(context) {
    const found = await withStack(context, ({ nats }) => readCluster(nats, context.now()));
    const { out, style, json, now } = context;
    if (json) out.line(JSON.stringify(found));
    else out.lines(clusterView(found, now(), style, out.columns));
    return EXIT.ok;
  },
});

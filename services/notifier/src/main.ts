import {
  NOTIFY_BUCKET,
  NOTIFY_COMMAND_SUBJECT,
  notifyCommand,
  notifyReply,
} from '@benchwire/shared/contracts/notify.ts';
import { servicePlugins } from '@benchwire/shared/plugins/service-plugins.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { notifierConfig } from './config.ts';
import { lead } from './handlers/lead.ts';
import { createMetrics } from './metrics.ts';

await runService({
  name: 'notifier',
  config: notifierConfig,
  start: async (context) => {
    const { config, log, nats, jetstream: client, manager, http, health, scope } = context;
    const { NATS_REPLICAS: replicas, DASHBOARD_URL: url } = config;
    await openBucket(nats, NOTIFY_BUCKET, replicas);
    const plugins = await servicePlugins(context, 'connector');
    const hosts = plugins.plugins.map((each) => [each.name, plugins.host(each)] as const);
    const leading = await lead({
      ...{ jetstream: { nats, client, manager }, log, metrics: createMetrics(http.registry) },
      ...{ environment: process.env, dashboard_url: url?.replace(/\/+$/, ''), now: Date.now },
      ...{ instance_id: health.instance_id, replicas, plugins: new Map(hosts) },
    });
    scope.add('leading', () => leading.stop());
    // All are asked, and the one that leads answers.
    const subscription = nats.subscribe(NOTIFY_COMMAND_SUBJECT, {
      callback: (error, message) => {
        if (error !== null) return;
        const parsed = parseJson(notifyCommand, message.data);
        const answer = parsed.ok ? leading.obey(parsed.value) : undefined;
        answer?.then(
          (reply) => message.respond(JSON.stringify(notifyReply.parse(reply))),
          (failure: unknown) => message.respond(JSON.stringify({ ok: false, message: String(failure) })),
        );
      },
    });
    scope.add('commands', () => subscription.unsubscribe());
  },
});

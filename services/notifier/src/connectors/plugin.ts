import type { Notification } from '@benchwire/shared/contracts/notify.ts';
import { Later, Refused } from '@benchwire/shared/outbound/errors.ts';
import type { PluginNotification } from '@benchwire/shared/plugins/plugin.ts';
import { PluginError } from '@benchwire/shared/plugins/plugin-error.ts';
import type { PluginHost } from '@benchwire/shared/plugins/plugin-host.ts';
import type { Connector, Outgoing, Settings } from './connector.ts';
import { renderText } from './render.ts';

/** The connectors that plug-ins bring, by name. */
export type PluginConnectors = ReadonlyMap<string, PluginHost>;

/**
 * Sends through a plug-in. What it throws is tried again like everything else, unless it says otherwise.
 * @throws Refused where the notifier has no such plug-in, or the receiver names no secret that it needs
 */
export function pluginConnector(
  { plugin: name, settings }: Settings<'plugin'>,
  secrets: Readonly<Record<string, string>>,
  plugins: PluginConnectors,
): Connector {
  const host = plugins.get(name);
  if (host === undefined) {
    const known = [...plugins.keys()].join(', ') || 'none';
    throw new Refused(
      `the notifier has no connector "${name}", and of plug-ins ${known}: BENCHWIRE_PLUGINS names their file there`,
    );
  }
  const missing = (host.plugin.secrets ?? []).filter((each) => secrets[each] === undefined);
  if (missing.length > 0)
    throw new Refused(
      `the receiver names no secret ${missing.join(', ')}: write secrets: { ${missing[0]}: { env: NAME } }`,
    );
  return {
    deliver: async (outgoing, signal) => {
      try {
        const input = { message: messageOf(outgoing), settings, secrets };
        const named = await host.call('deliver', input, { signal, hide: Object.values(secrets) });
        return typeof named === 'string' || typeof named === 'number' ? String(named).slice(0, 256) : null;
      } catch (error) {
        if (!(error instanceof PluginError)) throw error;
        if (error.retry_after_ms !== undefined) throw new Later(error.message, error.retry_after_ms);
        throw error.retriable ? error : new Refused(error.message);
      }
    },
  };
}

function messageOf(outgoing: Outgoing): PluginNotification {
  const { notification, key, external_id, dashboard_url } = outgoing;
  const { message_id, revision, title, severity, reason, items } = notification;
  return {
    ...{ key, message_id, revision, external_id: external_id ?? null, title, severity, reason },
    items: items.map((item) => itemOf(item, dashboard_url)),
    text: renderText(outgoing),
  };
}

function itemOf(
  { title, state, facts, labels, path, command }: Notification['items'][number],
  dashboard_url: string | undefined,
): PluginNotification['items'][number] {
  const url = path === null || dashboard_url === undefined ? null : `${dashboard_url}${path}`;
  return { title, state, facts, labels: { ...labels }, url, command: command ?? null };
}

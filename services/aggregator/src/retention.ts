import { announceVariables } from '@benchwire/shared/client/settings.ts';
import { SETTINGS_BUCKET, type Settings } from '@benchwire/shared/contracts/server-setting.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { FollowedSettings } from '@benchwire/shared/runtime/follow-settings.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { ServiceContext } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { type AggregatorConfig, variablesOf } from './config.ts';

export interface FollowedRetention extends Running {
  now(): Settings;
}

const AGAIN_MS = 5000;

/**
 * Follows the setting of how long rows are kept.
 * @param apply - changes the tables; it is called again until it succeeds, unless the setting has changed meanwhile
 */
export async function followRetention(
  { config, isSet, nats, jetstream: client, manager, log }: ServiceContext<AggregatorConfig>,
  apply: (settings: Settings) => Promise<void>,
): Promise<FollowedRetention> {
  const bucket = await openBucket(nats, SETTINGS_BUCKET, config.NATS_REPLICAS);
  await announceVariables(bucket, 'aggregator', variablesOf(config, isSet));
  const stopping = new AbortController();
  let applied = '';
  let applying = Promise.resolve();
  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted && JSON.stringify(settings.now.retention ?? null) !== applied) {
      const wanted = JSON.stringify(settings.now.retention ?? null);
      try {
        await apply(settings.now);
        applied = wanted;
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'could not change how long rows are kept, trying again');
        await pause(AGAIN_MS, stopping.signal).catch(() => undefined);
      }
    }
  };
  const settings = new FollowedSettings({
    ...{ bucket, nats, client, manager, log },
    changed: () => {
      applying = applying.then(follow);
    },
  });
  await settings.start();
  applied = JSON.stringify(settings.now.retention ?? null);
  return {
    now: () => settings.now,
    stop: async () => {
      stopping.abort();
      await settings.stop();
      await applying;
    },
  };
}

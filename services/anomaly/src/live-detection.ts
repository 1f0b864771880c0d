import { announceVariables } from '@benchwire/shared/client/settings.ts';
import { SETTINGS_BUCKET } from '@benchwire/shared/contracts/server-setting.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { FollowedSettings } from '@benchwire/shared/runtime/follow-settings.ts';
import type { ServiceContext } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { z } from 'zod';
import type { anomalyConfig } from './config.ts';
import { type Detection, detectionOf, variablesOf } from './decide/detection.ts';

export interface LiveDetection extends Running {
  /** As it is set at this moment. */
  now(): Detection;
  /** Whether a setting is known here with this value; null for one that is not set. */
  isFollowed(name: string, value: unknown): boolean;
}

/**
 * Follows the settings that say how changes are looked for.
 * @param reread - called where the points that are kept have to be chosen anew: other main branches, or another length of history
 */
export async function followDetection(
  { config, isSet, nats, jetstream: client, manager, log }: ServiceContext<z.infer<typeof anomalyConfig>>,
  reread: () => void,
): Promise<LiveDetection> {
  const bucket = await openBucket(nats, SETTINGS_BUCKET, config.NATS_REPLICAS);
  await announceVariables(bucket, 'anomaly', variablesOf(config, isSet));
  let detection = detectionOf(config, {});
  const settings = new FollowedSettings({
    ...{ bucket, nats, client, manager, log },
    changed: (set) => {
      const before = detection;
      detection = detectionOf(config, set);
      const isOther =
        before.levels.window !== detection.levels.window ||
        JSON.stringify(before.main_branches) !== JSON.stringify(detection.main_branches);
      if (isOther) reread();
    },
  });
  await settings.start();
  detection = detectionOf(config, settings.now);
  const isFollowed = (name: string, value: unknown): boolean =>
    JSON.stringify(Object.entries(settings.now).find(([each]) => each === name)?.[1] ?? null) === JSON.stringify(value);
  return { now: () => detection, isFollowed, stop: () => settings.stop() };
}

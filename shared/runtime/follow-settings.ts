import type { KV } from '@nats-io/kv';
import {
  readSettingValue,
  SETTING_NAMES,
  SETTINGS_BUCKET,
  type SettingName,
  type Settings,
  storedSetting,
} from '../contracts/server-setting.ts';
import type { Running } from './consume.ts';
import { type FollowedBucket, type FollowOptions, followBucket } from './follow-bucket.ts';
import type { Log } from './log.ts';

interface FollowSettingsOptions extends Pick<FollowOptions<unknown>, 'nats' | 'client' | 'manager'> {
  log: Log;
  bucket: KV;
  /** Called after each change, not for what is there at the start. */
  changed(settings: Settings): unknown;
}

const isSetting = (key: string): key is SettingName => SETTING_NAMES.some((name) => name === key);

/** The settings of the server as they are now, for a service that uses them. */
export class FollowedSettings implements Running {
  #settings: Settings = {};
  #isStarted = false;
  readonly #following: FollowedBucket;

  constructor({ changed, bucket: _, ...options }: FollowSettingsOptions) {
    const { log } = options;
    const set = (name: SettingName, value: unknown): void => {
      const { [name]: before, ...others } = this.#settings;
      this.#settings = value === undefined ? others : { ...others, [name]: value };
      if (this.#isStarted) changed(this.#settings);
    };
    this.#following = followBucket({
      ...options,
      name: SETTINGS_BUCKET,
      schema: storedSetting,
      is_entry: isSetting,
      put: ({ value, changed_by }, key) => {
        if (!isSetting(key)) return;
        const parsed = value === null ? undefined : readSettingValue(key, value);
        if (parsed?.ok === false)
          log.error(
            { setting: key, issues: parsed.issues.slice(0, 3) },
            'a setting cannot be read; the variable counts',
          );
        else if (this.#isStarted) log.info({ setting: key, changed_by }, 'a setting was changed');
        set(key, parsed?.ok === true ? parsed.value : undefined);
      },
      removed: (key) => {
        if (isSetting(key)) set(key, undefined);
      },
    });
  }

  /** Resolves when everything that is stored is known. */
  async start(): Promise<void> {
    await this.#following.known;
    this.#isStarted = true;
  }

  get now(): Settings {
    return this.#settings;
  }

  stop(): Promise<void> {
    return this.#following.stop();
  }
}

import {
  ACKNOWLEDGEMENTS_KEY,
  acknowledgements,
  NOTIFY_BUCKET,
  RULES_KEY,
  SILENCES_KEY,
  type Silence,
  type StoredRules,
  silences,
  storedRules,
} from '@benchwire/shared/contracts/notify.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStream } from '@benchwire/shared/runtime/tail.ts';

/** What people have said of notifications, as it is now. */
export interface Said extends Running {
  known: Promise<void>;
  rules(): StoredRules | undefined;
  silences(): readonly Silence[];
  acknowledged(): ReadonlySet<string>;
}

/** Follows the bucket `notify`. */
export function followSaid(jetstream: JetStream, log: Log): Said {
  let rules: StoredRules | undefined;
  let silent: readonly Silence[] = [];
  let acknowledged: ReadonlySet<string> = new Set();
  const common = { ...jetstream, name: NOTIFY_BUCKET, log };
  const followed = [
    followBucket({
      ...{ ...common, key: RULES_KEY, schema: storedRules },
      put: (value) => {
        rules = value;
      },
      removed: () => {
        rules = undefined;
      },
    }),
    followBucket({
      ...{ ...common, key: SILENCES_KEY, schema: silences },
      put: (value) => {
        silent = value;
      },
      removed: () => {
        silent = [];
      },
    }),
    followBucket({
      ...{ ...common, key: ACKNOWLEDGEMENTS_KEY, schema: acknowledgements },
      put: (value) => {
        acknowledged = new Set(value.map(({ alert_id }) => alert_id));
      },
      removed: () => {
        acknowledged = new Set();
      },
    }),
  ];
  return {
    known: Promise.all(followed.map(({ known }) => known)).then(() => undefined),
    rules: () => rules,
    silences: () => silent,
    acknowledged: () => acknowledged,
    stop: async () => {
      await Promise.all(followed.map((one) => one.stop()));
    },
  };
}

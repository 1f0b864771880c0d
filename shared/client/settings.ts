import { JetStreamApiError, jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { eventOf } from '../contracts/event.ts';
import { newRunId } from '../contracts/ids.ts';
import {
  readSettingValue,
  SETTING_NAMES,
  SETTINGS_BUCKET,
  type SettingName,
  type SettingVariable,
  type StoredSetting,
  serviceVariablesOfSettings,
  storedSetting,
  variablesKey,
} from '../contracts/server-setting.ts';
import { BenchwireError } from '../runtime/errors.ts';
import { parseJson } from '../runtime/issues.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { publishEvent } from '../runtime/publish-event.ts';

const WRONG_LAST_SEQUENCE = 10_071;
/** Services that use settings. */
const SERVICES = ['anomaly', 'aggregator'] as const;

/** A setting as it is stored, with the revision that a change is made from. */
export interface KnownSetting extends Omit<StoredSetting, 'v'> {
  revision: number;
}

/** Somebody else has changed the setting since the revision that a change was made from. */
export class SettingConflict extends BenchwireError {
  readonly now: KnownSetting | undefined;

  constructor(name: SettingName, now: KnownSetting | undefined) {
    const who = now === undefined ? 'it was never changed' : `${now.changed_by} changed it at ${now.changed_at}`;
    super('SETTING_CHANGED', `${name} is at another revision: ${who}. Read it again, then repeat your change.`);
    this.name = 'SettingConflict';
    this.now = now;
  }
}

/** The settings that were ever changed, by name. None where this stack has no bucket yet. */
export async function readSettings(nats: NatsConnection): Promise<Map<SettingName, KnownSetting>> {
  const bucket = await openIfAny(nats);
  if (bucket === undefined) return new Map();
  const known = await Promise.all(SETTING_NAMES.map(async (name) => [name, await settingIn(bucket, name)] as const));
  return new Map(known.flatMap(([name, setting]) => (setting === undefined ? [] : [[name, setting] as const])));
}

/** The variables that settings go before, as the services were started with them. */
export async function readVariables(nats: NatsConnection): Promise<SettingVariable[]> {
  const bucket = await openIfAny(nats);
  if (bucket === undefined) return [];
  const entries = await Promise.all(SERVICES.map((service) => bucket.get(variablesKey(service))));
  return entries.flatMap((entry) => {
    const parsed = entry?.operation === 'PUT' ? parseJson(serviceVariablesOfSettings, entry.value) : undefined;
    return parsed?.ok === true ? parsed.value.variables : [];
  });
}

/** Says what a service runs with where nothing is set. */
export async function announceVariables(
  bucket: KV,
  service: (typeof SERVICES)[number],
  variables: readonly SettingVariable[],
): Promise<void> {
  await bucket.put(variablesKey(service), JSON.stringify({ v: 1, service, variables }));
}

/** A change of a setting, and who makes it. */
export interface SettingChange {
  name: SettingName;
  /** As its schema gives it back; null resets it. */
  value: unknown;
  by: string;
  now: Date;
  /** The revision that the change was made from; whatever is there is replaced without it. */
  revision?: number | undefined;
}

/**
 * Changes or resets a setting, and says so in EVENTS.
 * @throws SettingConflict where it is at another revision
 */
export async function changeSetting(nats: NatsConnection, change: SettingChange): Promise<KnownSetting> {
  const { name, value, by, now } = change;
  const bucket = await new Kvm(nats).create(SETTINGS_BUCKET, { history: 1 });
  const before = await settingIn(bucket, name);
  const from = change.revision ?? before?.revision ?? 0;
  if (from !== (before?.revision ?? 0)) throw new SettingConflict(name, before);
  const stored: StoredSetting = { v: 1, value, changed_by: by, changed_at: now.toISOString() };
  let revision: number;
  try {
    revision = await bucket.put(name, JSON.stringify(stored), { previousSeq: from });
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== WRONG_LAST_SEQUENCE) throw error;
    throw new SettingConflict(name, await settingIn(bucket, name));
  }
  const data = { setting: name, revision, before: before?.value ?? null, after: value, by };
  const message = `the setting ${name} was ${value === null ? 'reset' : 'changed'} by ${by}`;
  const event = eventOf('setting.changed', { at_ms: now.getTime(), event_id: newRunId(), message, data });
  await publishEvent(jetstream(nats), event);
  return { value, changed_by: stored.changed_by, changed_at: stored.changed_at, revision };
}

async function settingIn(bucket: KV, name: SettingName): Promise<KnownSetting | undefined> {
  const entry = await bucket.get(name);
  if (entry === null || entry.operation !== 'PUT') return undefined;
  const parsed = parseJson(storedSetting, entry.value);
  if (!parsed.ok)
    return { value: null, changed_by: 'unknown', changed_at: entry.created.toISOString(), revision: entry.revision };
  const { value, changed_by, changed_at } = parsed.value;
  // A value of another version that this one can't read counts as not set.
  const read = readSettingValue(name, value);
  return { value: read.ok ? read.value : null, changed_by, changed_at, revision: entry.revision };
}

async function openIfAny(nats: NatsConnection): Promise<KV | undefined> {
  try {
    return await new Kvm(nats).open(SETTINGS_BUCKET);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
}

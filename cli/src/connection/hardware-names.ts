import type { Client } from '@benchwire/shared/client/client.ts';
import { GIVEN_NAMES_BUCKET, type GivenName, givenName } from '@benchwire/shared/contracts/given-name.ts';
import { type HardwareNames, hardwareNames } from '@benchwire/shared/format/hardware-names.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { Kvm } from '@nats-io/kv';

/** What pools and workers are called: by the devices of their workers, or by the name that somebody gave. */
export async function hardwareNamesOf(client: Client): Promise<HardwareNames> {
  const { rows } = await client.query('workers', {});
  return hardwareNames(rows, await givenNames(client.nats));
}

/** None where the bucket does not exist yet, or this user may not read it: then hardware is called by what it is. */
async function givenNames(nats: NatsConnection): Promise<GivenName[]> {
  const names: GivenName[] = [];
  try {
    const bucket = await new Kvm(nats).open(GIVEN_NAMES_BUCKET);
    for await (const key of await bucket.keys()) {
      const entry = await bucket.get(key);
      const parsed = entry?.operation === 'PUT' ? parseJson(givenName, entry.value) : undefined;
      if (parsed?.ok === true) names.push(parsed.value);
    }
  } catch {
    return names;
  }
  return names;
}

import { readFile } from 'node:fs/promises';
import type { Receiver, SecretReference } from '@benchwire/shared/contracts/notify-receiver.ts';
import { Refused } from '@benchwire/shared/outbound/errors.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Connector } from './connector.ts';
import { email } from './email.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { checkedUrl, webhook } from './webhook.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The connector of a receiver, with its secrets read as they are now.
 * @throws Refused where a secret is not there
 */
export async function connect(receiver: Receiver, environment: Environment): Promise<Connector> {
  const secret = (reference: SecretReference): Promise<string> => readSecret(reference, environment);
  const optional = async (reference: SecretReference | undefined): Promise<string | undefined> =>
    reference === undefined ? undefined : await secret(reference);
  switch (receiver.connector) {
    case 'webhook': {
      const url = typeof receiver.url === 'string' ? receiver.url : await secret(receiver.url);
      return webhook(checkedUrl(url), await optional(receiver.secret));
    }
    case 'slack': {
      const { channel, api_url } = receiver;
      const token = await secret(receiver.token);
      return slack({ token, channel, ...(api_url === undefined ? {} : { api_url }) });
    }
    case 'teams':
      return teams(checkedUrl(await secret(receiver.webhook_url)));
    case 'email':
      return email(receiver, await optional(receiver.password));
    default:
      return receiver satisfies never;
  }
}

async function readSecret(reference: SecretReference, environment: Environment): Promise<string> {
  if ('env' in reference) {
    const value = environment[reference.env]?.trim();
    if (value === undefined || value === '') throw new Refused(`the notifier has no variable ${reference.env}`);
    return value;
  }
  try {
    const value = (await readFile(reference.file, 'utf8')).trim();
    if (value === '') throw new Error('it is empty');
    return value;
  } catch (error) {
    throw new Refused(`cannot read the secret in ${reference.file}: ${messageOf(error)}`);
  }
}

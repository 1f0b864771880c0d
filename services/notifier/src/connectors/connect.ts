import { readFile } from 'node:fs/promises';
import type { Receiver, SecretReference } from '@benchwire/shared/contracts/notify-receiver.ts';
import { azureDevOps } from '@benchwire/shared/forges/azure-devops.ts';
import { bitbucket } from '@benchwire/shared/forges/bitbucket.ts';
import { github } from '@benchwire/shared/forges/github.ts';
import type { GitHubAuth } from '@benchwire/shared/forges/github-auth.ts';
import { gitlab } from '@benchwire/shared/forges/gitlab.ts';
import { Refused } from '@benchwire/shared/outbound/errors.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { alertmanager } from './alertmanager.ts';
import type { Connector, Settings } from './connector.ts';
import { email } from './email.ts';
import { forgeConnector } from './forge.ts';
import { jira } from './jira.ts';
import { type PluginConnectors, pluginConnector } from './plugin.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { testrail } from './testrail.ts';
import { checkedUrl, webhook } from './webhook.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The connector of a receiver, with its secrets read as they are now.
 * @throws Refused where a secret is not there
 */
export async function connect(
  receiver: Receiver,
  environment: Environment,
  plugins: PluginConnectors,
): Promise<Connector> {
  const secret = (reference: SecretReference): Promise<string> => readSecret(reference, environment);
  const optional = async (reference: SecretReference | undefined): Promise<string | undefined> =>
    reference === undefined ? undefined : await secret(reference);
  switch (receiver.connector) {
    case 'webhook': {
      const url = typeof receiver.url === 'string' ? receiver.url : await secret(receiver.url);
      const { pictures } = receiver;
      return webhook({ url: checkedUrl(url), secret: await optional(receiver.secret), pictures });
    }
    case 'slack': {
      const { channel, api_url, pictures } = receiver;
      const token = await secret(receiver.token);
      return slack({ token, channel, pictures, ...(api_url === undefined ? {} : { api_url }) });
    }
    case 'teams':
      return teams(checkedUrl(await secret(receiver.webhook_url)));
    case 'email':
      return email(receiver, await optional(receiver.password));
    case 'github':
      return forgeConnector(github({ ...receiver, auth: await githubAuth(receiver, secret) }), receiver);
    case 'gitlab':
      return forgeConnector(gitlab({ ...receiver, token: await secret(receiver.token) }), receiver);
    case 'bitbucket':
      return forgeConnector(bitbucket({ ...receiver, token: await secret(receiver.token) }), receiver);
    case 'azure_devops':
      return forgeConnector(azureDevOps({ ...receiver, token: await secret(receiver.token) }), receiver);
    case 'jira':
      return jira(receiver, await secret(receiver.token));
    case 'testrail':
      return testrail(receiver, await secret(receiver.api_key));
    case 'alertmanager': {
      const password = await optional(receiver.password);
      return alertmanager(receiver, { password, token: await optional(receiver.token) });
    }
    case 'plugin': {
      const named = Object.entries(receiver.secrets).map(async ([name, reference]) => [name, await secret(reference)]);
      return pluginConnector(receiver, Object.fromEntries(await Promise.all(named)), plugins);
    }
    default:
      return receiver satisfies never;
  }
}

async function githubAuth(
  { token, app }: Settings<'github'>,
  secret: (reference: SecretReference) => Promise<string>,
): Promise<GitHubAuth> {
  if (app !== undefined)
    return { app_id: app.id, private_key: await secret(app.private_key), installation_id: app.installation_id };
  if (token === undefined) throw new Refused('the receiver has neither a token nor an app');
  return { token: await secret(token) };
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

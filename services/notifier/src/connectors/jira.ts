import { createHash } from 'node:crypto';
import type { Notification } from '@benchwire/shared/contracts/notify.ts';
import { explainRefusal } from '@benchwire/shared/forges/explain.ts';
import { fitted, oneLineOf } from '@benchwire/shared/forges/markdown.ts';
import { Refused } from '@benchwire/shared/outbound/errors.ts';
import { type SendOptions, sendJson } from '@benchwire/shared/outbound/send.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { chartPicture } from '../picture/chart-picture.ts';
import type { Connector, Outgoing, Settings } from './connector.ts';
import { sparkline } from './markdown.ts';
import { render } from './render.ts';

const MAX_SUMMARY = 255;
const MAX_DESCRIPTION = 32_000;
const MAX_PICTURES = 10;
/** JIRA's search may not have an issue yet that was created a moment ago. */
const SEARCH_BEHIND_MS = 5000;

interface Issue {
  key: string;
  fields: { status: { statusCategory: { key: string } } };
}

interface Transition {
  id: string;
  name: string;
  to: { statusCategory: { key: string } };
}

type Ask = <T>(
  method: SendOptions['method'],
  path: string,
  signal: AbortSignal,
  body?: object | FormData,
) => Promise<T>;

/**
 * One issue for each incident, with a label that is made of the incident: by it the issue is found again. It is written anew when something
 * changes, resolved by a transition when everything has ended, and reopened when something is open again.
 */
export function jira(settings: Settings<'jira'>, token: string): Connector {
  const { url, user, project } = settings;
  const basic = user === undefined ? undefined : Buffer.from(`${user}:${token}`).toString('base64');
  const authorization = basic === undefined ? `Bearer ${token}` : `Basic ${basic}`;
  const ask: Ask = async <T>(
    method: SendOptions['method'],
    path: string,
    signal: AbortSignal,
    body?: object | FormData,
  ) => {
    const is_form = body instanceof FormData;
    // Without it JIRA refuses every form.
    const headers = { authorization, ...(is_form ? { 'x-atlassian-token': 'no-check' } : {}) };
    const options = { url: `${url.replace(/\/+$/, '')}/rest/api/${path}`, headers, signal };
    const sent = is_form ? { data: body } : body === undefined ? {} : { json: body };
    try {
      const all = { ...options, secrets: [basic, token], ...(method && { method }), ...sent };
      return (await sendJson<T>(all)).body;
    } catch (error) {
      throw explained(error, project);
    }
  };
  return {
    deliver: async (outgoing, signal) => {
      const { notification, external_id, attempt } = outgoing;
      if (notification.reason === 'test') {
        await ask('GET', `2/project/${project}`, signal);
        return null;
      }
      const label = labelOf(notification);
      let key = external_id ?? (await find(project, label, ask, signal));
      if (key === undefined && attempt > 1) {
        await pause(SEARCH_BEHIND_MS, signal);
        key = await find(project, label, ask, signal);
      }
      const fields = fieldsOf(outgoing);
      if (key === undefined) {
        const labels = ['benchwire', label, ...settings.labels];
        const made = { ...fields, labels, project: { key: project }, issuetype: { name: settings.issue_type } };
        ({ key } = await ask<{ key: string }>('POST', '2/issue', signal, { fields: made }));
      } else await ask('PUT', `2/issue/${key}`, signal, { fields });
      if (settings.pictures) {
        const why = await attachPictures(key, outgoing, { ask, signal });
        if (why !== undefined) await ask('PUT', `2/issue/${key}`, signal, { fields: fieldsOf(outgoing, why) });
      }
      await settle(key, outgoing.beside, settings, { ask, signal });
      return key;
    },
  };
}

const explained = (error: unknown, project: string): unknown =>
  explainRefusal(error, {
    401: 'JIRA does not know the login: on the cloud it is user and API token, on a server a personal access token without user',
    403: `the account may not do that in project ${project}: it needs to browse, create, edit and transition issues`,
    404: `JIRA has no project ${project} or no such issue, or hides it from this account`,
  });

/** Of the incident, or of the alert that belongs to none. */
const labelOf = ({ group, message_id }: Notification): string =>
  `benchwire-${createHash('sha256')
    .update(group[0] ?? message_id)
    .digest('hex')
    .slice(0, 16)}`;

/** The cloud searches at `search/jql` only; a server does not know that. */
async function find(project: string, label: string, ask: Ask, signal: AbortSignal): Promise<string | undefined> {
  const query = `jql=${encodeURIComponent(`project = "${project}" AND labels = "${label}" ORDER BY created ASC`)}&fields=status&maxResults=1`;
  const { issues } = await ask<{ issues: Issue[] }>('GET', `3/search/jql?${query}`, signal).catch(
    async (error: unknown) => {
      if (!(error instanceof Refused && error.status === 404)) throw error;
      return await ask<{ issues: Issue[] }>('GET', `2/search?${query}`, signal);
    },
  );
  return issues[0]?.key;
}

/** In JIRA's own markup (API v2), which servers and the cloud take. */
function fieldsOf({ beside, dashboard_url }: Outgoing, without_picture?: string): object {
  const parts = beside.map((notification) => render({ notification, dashboard_url }));
  const blocks = parts.flatMap(({ title, items, more }) => [
    ...items.map(({ title: of_item, facts, url, command, chart }) =>
      [
        `h3. ${plain(of_item === '' ? title : of_item)}`,
        ...facts.map(({ label, text }) => `* ${plain(label)}: ${plain(text)}`),
        ...(chart === undefined ? [] : [`* ${plain(chart.title)}: ${sparkline(chart)}`]),
        ...(command === undefined ? [] : [`{noformat}${command}{noformat}`]),
        ...(url === undefined ? [] : [url]),
      ].join('\n'),
    ),
    ...(more === undefined ? [] : [more]),
  ]);
  if (without_picture !== undefined) blocks.push(`Without a picture: ${plain(without_picture)}`);
  const states = beside.flatMap(({ alerts }) => Object.values(alerts));
  const title = parts.length === 1 ? (parts[0]?.title ?? '') : `${parts[0]?.title} and ${states.length - 1} more`;
  return { summary: oneLineOf(title, MAX_SUMMARY), description: fitted(blocks.join('\n\n'), MAX_DESCRIPTION) };
}

/**
 * Attaches the picture of each finding, once: what is attached already is known by its name, which is made of the picture's numbers.
 * @returns why there is none, where JIRA refuses it: an issue without a picture is better than none
 */
async function attachPictures(
  key: string,
  { beside }: Outgoing,
  { ask, signal }: AskContext,
): Promise<string | undefined> {
  const charts = beside.flatMap(({ items }) => items.flatMap(({ chart }) => chart ?? []));
  if (charts.length === 0) return undefined;
  const { fields } = await ask<{ fields: { attachment?: Array<{ filename: string }> } }>(
    ...(['GET', `2/issue/${key}?fields=attachment`, signal] as const),
  );
  const there = new Set((fields.attachment ?? []).map(({ filename }) => filename));
  for (const chart of charts.slice(0, MAX_PICTURES)) {
    const name = `benchwire-${createHash('sha256').update(JSON.stringify(chart)).digest('hex').slice(0, 16)}.png`;
    const picture = there.has(name) ? undefined : chartPicture(chart);
    if (picture === undefined) continue;
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(picture.png)], { type: 'image/png' }), name);
    try {
      await ask('POST', `2/issue/${key}/attachments`, signal, form);
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
    there.add(name);
  }
  return undefined;
}

/** What means something in the markup is written out. */
const plain = (text: string): string => text.replaceAll(/[{}[\]|*_+^~!\\]/g, (character) => `\\${character}`);

interface AskContext {
  ask: Ask;
  signal: AbortSignal;
}

async function settle(
  key: string,
  messages: readonly Notification[],
  { resolve_transition, reopen_transition }: Settings<'jira'>,
  { ask, signal }: AskContext,
): Promise<void> {
  const should_be_done = messages.every(({ alerts }) => Object.values(alerts).every((state) => state === 'ended'));
  const { fields } = await ask<Issue>('GET', `2/issue/${key}?fields=status`, signal);
  if ((fields.status.statusCategory.key === 'done') === should_be_done) return;
  const { transitions } = await ask<{ transitions: Transition[] }>('GET', `2/issue/${key}/transitions`, signal);
  const wanted = should_be_done ? resolve_transition : reopen_transition;
  const found = transitions.find(({ name, to }) =>
    wanted === undefined ? (to.statusCategory.key === 'done') === should_be_done : name === wanted,
  );
  if (found === undefined) {
    const names = transitions.map(({ name }) => `"${name}"`).join(', ');
    throw new Refused(
      `${key} has no transition ${wanted === undefined ? `to a status that is ${should_be_done ? '' : 'not '}done` : `"${wanted}"`}: there are ${names === '' ? 'none' : names}`,
    );
  }
  await ask('POST', `2/issue/${key}/transitions`, signal, { transition: { id: found.id } });
}

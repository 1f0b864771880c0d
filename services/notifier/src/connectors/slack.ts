import { Later, Refused } from '@benchwire/shared/outbound/errors.ts';
import type { KnownBlock } from '@slack/web-api';
import { ErrorCode, LogLevel, WebClient } from '@slack/web-api';
import type { Connector, Outgoing } from './connector.ts';
import { render } from './render.ts';

/** Slack's limits: blocks in a message, characters in a section, in a header. */
const MAX_BLOCKS = 50;
const MAX_TEXT = 2900;
const MAX_HEADER = 150;
/** What Slack says that no later attempt changes. */
const FOR_GOOD =
  /^(invalid_auth|not_authed|account_inactive|token_revoked|token_expired|no_permission|missing_scope|channel_not_found|not_in_channel|is_archived|cant_update_message|message_not_found|invalid_blocks|msg_too_long)$/;

/** Block Kit messages; a later revision edits the first. */
export function slack({ token, channel, api_url }: { token: string; channel: string; api_url?: string }): Connector {
  const client = new WebClient(token, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    timeout: 20_000,
    ...(api_url === undefined ? {} : { slackApiUrl: api_url.endsWith('/') ? api_url : `${api_url}/` }),
  });
  return {
    deliver: async (outgoing) => {
      const { title } = render(outgoing);
      const content = { text: title.slice(0, MAX_TEXT), blocks: blocksOf(outgoing) };
      const [posted_in, ts] = outgoing.external_id?.split(' ') ?? [];
      try {
        if (posted_in !== undefined && ts !== undefined) {
          await client.chat.update({ channel: posted_in, ts, ...content });
          return outgoing.external_id ?? null;
        }
        const metadata = { event_type: 'benchwire', event_payload: { key: outgoing.key } };
        const answer = await client.chat.postMessage({ channel, ...content, unfurl_links: false, metadata });
        return answer.channel === undefined || answer.ts === undefined ? null : `${answer.channel} ${answer.ts}`;
      } catch (error) {
        throw explained(error);
      }
    },
  };
}

function explained(error: unknown): Error {
  const { code, retryAfter, data, message } = error as {
    code?: string;
    retryAfter?: number;
    data?: { error?: string };
    message?: string;
  };
  if (code === ErrorCode.RateLimitedError)
    return new Later('Slack takes no more for a while', (retryAfter ?? 30) * 1000);
  const said = data?.error ?? '';
  if (code === ErrorCode.PlatformError && FOR_GOOD.test(said)) return new Refused(`Slack says ${said}`);
  return new Error(said === '' ? `no answer from Slack: ${message ?? code}` : `Slack says ${said}`);
}

/** Text in Slack's own markup: what means something there is written out. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function blocksOf(outgoing: Outgoing): KnownBlock[] {
  const { title, items, more } = render(outgoing);
  const section = (text: string): KnownBlock => ({
    type: 'section',
    text: { type: 'mrkdwn', text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text },
  });
  const header = title.length > MAX_HEADER ? `${title.slice(0, MAX_HEADER - 1)}…` : title;
  const blocks: KnownBlock[] = [{ type: 'header', text: { type: 'plain_text', text: header } }];
  for (const { title: of_item, facts, url, command } of items) {
    const name = escaped(of_item === '' ? 'Details' : of_item);
    const lines = [
      url === undefined ? `*${name}*` : `*<${escaped(url)}|${name}>*`,
      ...facts.map(({ label, text }) => `${escaped(label)}: ${escaped(text)}`),
      ...(command === undefined ? [] : [`\`${escaped(command)}\``]),
    ];
    blocks.push(section(lines.join('\n')));
  }
  if (more !== undefined) blocks.push(section(escaped(more)));
  return blocks.slice(0, MAX_BLOCKS);
}

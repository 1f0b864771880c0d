import { Later, Refused } from '@benchwire/shared/outbound/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { KnownBlock } from '@slack/web-api';
import { ErrorCode, LogLevel, WebClient } from '@slack/web-api';
import { chartPicture } from '../picture/chart-picture.ts';
import type { Connector, Outgoing } from './connector.ts';
import { render } from './render.ts';

/** Slack's limits: blocks in a message, characters in a section, in a header. */
const MAX_BLOCKS = 50;
const MAX_TEXT = 2900;
const MAX_HEADER = 150;
/** How long an uploaded picture is waited for. */
const LOOKS = 10;
const LOOK_EVERY_MS = 500;
/** What Slack says that no later attempt changes. */
const FOR_GOOD =
  /^(invalid_auth|not_authed|account_inactive|token_revoked|token_expired|no_permission|missing_scope|channel_not_found|not_in_channel|is_archived|cant_update_message|message_not_found|invalid_blocks|msg_too_long)$/;

export interface SlackOptions {
  token: string;
  channel: string;
  /** Whether the first item's series is uploaded and shown. */
  pictures: boolean;
  api_url?: string;
}

/** Block Kit messages; a later revision edits the first. */
export function slack({ token, channel, pictures, api_url }: SlackOptions): Connector {
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
      const [posted_in, ts] = outgoing.external_id?.split(' ') ?? [];
      try {
        const image = pictures ? await uploadedImage(client, outgoing) : [];
        const content = { text: title.slice(0, MAX_TEXT), blocks: blocksOf(outgoing, image) };
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

/**
 * The block with the first item's picture. Slack shows an uploaded file a while after it has it, and only with the scope `files:write`: a
 * message is sent without a picture rather than not at all.
 */
async function uploadedImage(client: WebClient, { notification }: Outgoing): Promise<KnownBlock[]> {
  const chart = notification.items[0]?.chart;
  const picture = chart === undefined ? undefined : chartPicture(chart);
  if (picture === undefined) return [];
  const { png, alt } = picture;
  try {
    const uploaded = await client.filesUploadV2({ file: png, filename: 'series.png', title: alt, alt_text: alt });
    const id = uploaded.files[0]?.files?.[0]?.id;
    if (id === undefined) return [];
    for (let look = 0; look < LOOKS; look++) {
      const { file } = await client.files.info({ file: id });
      if (file?.mimetype !== undefined && file.mimetype !== '')
        return [{ type: 'image', slack_file: { id }, alt_text: alt }];
      await pause(LOOK_EVERY_MS);
    }
    return [];
  } catch (error) {
    const { code, data } = error as { code?: string; data?: { error?: string } };
    if (code === ErrorCode.RateLimitedError) throw error;
    const why = data?.error === undefined ? 'no answer' : `Slack says ${data.error}`;
    return [{ type: 'context', elements: [{ type: 'plain_text', text: `Without a picture: ${why}` }] }];
  }
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

function blocksOf(outgoing: Outgoing, image: readonly KnownBlock[]): KnownBlock[] {
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
    if (blocks.length === 2) blocks.push(...image);
  }
  if (more !== undefined) blocks.push(section(escaped(more)));
  return blocks.slice(0, MAX_BLOCKS);
}

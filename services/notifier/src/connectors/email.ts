import { createHash } from 'node:crypto';
import { Refused } from '@benchwire/shared/outbound/errors.ts';
import { createTransport } from 'nodemailer';
import { chartPicture, type Picture } from '../picture/chart-picture.ts';
import type { Connector, Outgoing, Settings } from './connector.ts';
import { render, renderText } from './render.ts';

const ANSWER_MS = 20_000;

/** SMTP, as text and HTML. What changes is sent once more, as an answer to the first message, so that mail programs show them together. */
export function email(settings: Settings<'email'>, password: string | undefined): Connector {
  const { host, port, tls, user, from, to } = settings;
  const transport = createTransport({
    ...{ host, port, secure: tls === 'tls', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...{ connectionTimeout: ANSWER_MS, greetingTimeout: ANSWER_MS, socketTimeout: ANSWER_MS },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
  });
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const idOf = (key: string): string =>
    `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}.benchwire@${domain}>`;
  return {
    deliver: async (outgoing) => {
      const { notification, key } = outgoing;
      const pictures = picturesOf(outgoing);
      const first = idOf(`${notification.message_id}.1`);
      const answers = notification.revision > 1 ? { inReplyTo: first, references: [first] } : {};
      try {
        await transport.sendMail({
          ...{ from, to, subject: render(outgoing).title.replaceAll(/\s+/g, ' '), messageId: idOf(key), ...answers },
          ...{ text: renderText(outgoing), html: htmlOf(outgoing, pictures) },
          attachments: [...pictures].map(([at, { png }]) => ({
            ...{ filename: `series-${at + 1}.png`, content: png, contentType: 'image/png' },
            ...{ cid: cidOf(at), contentDisposition: 'inline' as const },
          })),
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Benchwire-Key': key },
        });
        return null;
      } catch (error) {
        throw explained(error);
      }
    },
    close: () => transport.close(),
  };
}

function explained(error: unknown): Error {
  const { responseCode, code, message } = error as { responseCode?: number; code?: string; message: string };
  if (code === 'EAUTH') return new Refused(`the mail server refuses the login: ${message}`);
  return responseCode !== undefined && responseCode >= 500 ? new Refused(message) : new Error(message);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const cidOf = (at: number): string => `series-${at + 1}@benchwire`;

/** By the places of their items. */
function picturesOf(outgoing: Outgoing): Map<number, Picture> {
  const pictures = render(outgoing).items.map(({ chart }) => (chart === undefined ? undefined : chartPicture(chart)));
  return new Map(pictures.flatMap((picture, at) => (picture === undefined ? [] : [[at, picture] as const])));
}

function imageOf({ alt, width, height }: Picture, at: number): string {
  return `<p><img src="cid:${cidOf(at)}" width="${width}" height="${height}" alt="${escaped(alt)}"></p>`;
}

function htmlOf(outgoing: Outgoing, pictures: ReadonlyMap<number, Picture>): string {
  const { title, items, more } = render(outgoing);
  const blocks = items.map(({ title: of_item, facts, url, command }, at) => {
    const picture = pictures.get(at);
    return [
      of_item === '' ? '' : `<h3 style="margin:16px 0 4px">${escaped(of_item)}</h3>`,
      '<table cellpadding="3" style="border-collapse:collapse">',
      ...facts.map(
        ({ label, text }) =>
          `<tr><td style="color:#666;vertical-align:top">${escaped(label)}</td><td>${escaped(text)}</td></tr>`,
      ),
      '</table>',
      picture === undefined ? '' : imageOf(picture, at),
      command === undefined ? '' : `<p>Measure again: <code>${escaped(command)}</code></p>`,
      url === undefined ? '' : `<p><a href="${escaped(url)}">Open in Benchwire</a></p>`,
    ].join('');
  });
  const end = more === undefined ? '' : `<p>${escaped(more)}</p>`;
  return `<!doctype html><meta charset="utf-8"><div style="font-family:sans-serif;font-size:14px"><h2 style="font-size:17px">${escaped(title)}</h2>${blocks.join('')}${end}</div>`;
}

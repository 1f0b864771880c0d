import { send } from '@benchwire/shared/outbound/send.ts';
import { chartPicture } from '../picture/chart-picture.ts';
import type { Connector, Outgoing } from './connector.ts';
import { render } from './render.ts';

/** Teams refuses messages of more than 28 KB. */
const MAX_BYTES = 27_000;

/** Adaptive cards to a workflow's webhook. It gives messages no name, so what changes is a message of its own. */
export function teams(url: string): Connector {
  return {
    deliver: async (outgoing, signal) => {
      await send({ url, json: bodyOf(outgoing), headers: { 'idempotency-key': outgoing.key }, signal });
      return null;
    },
  };
}

/** With as many items as fit. Pure. */
function bodyOf(outgoing: Outgoing): string {
  const { notification } = outgoing;
  const image = imageOf(outgoing);
  for (let items = notification.items.length; ; items--) {
    const cut = { ...outgoing, notification: { ...notification, items: notification.items.slice(0, items) } };
    const body = JSON.stringify(cardOf(cut, image));
    if (items === 0 || Buffer.byteLength(body) <= MAX_BYTES) return body;
  }
}

/** Of the first item: more do not fit. */
function imageOf({ notification }: Outgoing): object[] {
  const chart = notification.items[0]?.chart;
  const picture = chart === undefined ? undefined : chartPicture(chart);
  if (picture === undefined) return [];
  const url = `data:image/png;base64,${picture.png.toString('base64')}`;
  return [{ type: 'Image', url, altText: picture.alt, size: 'Stretch' }];
}

function cardOf(outgoing: Outgoing, image: readonly object[]): object {
  const { title, items, more } = render(outgoing);
  const text = (content: string, how: object = {}): object => ({
    type: 'TextBlock',
    text: content,
    wrap: true,
    ...how,
  });
  const body = [
    text(title, { size: 'Medium', weight: 'Bolder' }),
    ...items.flatMap(({ title: of_item, facts, command }, at) => [
      ...(of_item === '' ? [] : [text(of_item, { weight: 'Bolder', separator: true })]),
      { type: 'FactSet', facts: facts.map(({ label, text: value }) => ({ title: label, value })) },
      ...(at === 0 ? image : []),
      ...(command === undefined ? [] : [text(command, { fontType: 'Monospace', isSubtle: true })]),
    ]),
    ...(more === undefined ? [] : [text(more)]),
  ];
  const url = items.find((item) => item.url !== undefined)?.url;
  const actions = url === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Open in Benchwire', url }];
  const content = {
    ...{ $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4' },
    ...{ msteams: { width: 'Full' }, body, actions },
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

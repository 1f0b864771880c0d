import type { Forge } from '@benchwire/shared/forges/forge.ts';
import { Refused } from '@benchwire/shared/outbound/errors.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Connector, Outgoing } from './connector.ts';
import { labelIn, pageOf } from './markdown.ts';

export interface ForgeSettings {
  name: string;
  check_name: string;
  comment?: boolean;
}

/** Characters of a check: less than what every forge takes, which then cuts. */
const CHECK_CHARACTERS = 60_000;

/**
 * A check of the commit and a comment on its pull request, each with everything that was sent about it. Both are put in their place, so that
 * doing it again, after a kill -9 too, leaves one of each. Where one of the two is refused, the other one is there all the same.
 */
export function forgeConnector(forge: Forge, { name, check_name, comment = true }: ForgeSettings): Connector {
  return {
    deliver: async (outgoing, signal) => {
      const { notification, beside } = outgoing;
      if (notification.reason === 'test') {
        await forge.verify(signal);
        return null;
      }
      const commit = labelIn(notification, 'commit');
      if (commit === undefined) throw new Refused('the message names no commit');
      const pull_request = numberIn(labelIn(notification, 'pull_request'));
      const works = [() => putCheck(forge, outgoing, { check_name, commit, pull_request }, signal)];
      if (comment && pull_request !== null && forge.putComment !== undefined) {
        const { putComment, comment_characters } = forge;
        const page = pageOf(outgoing, beside, comment_characters - 200);
        const content = { pull_request, marker: `findings-${name}`, body: `## ${page.title}\n\n${page.body}` };
        works.push(() => putComment({ ...content, is_settled: page.verdict === 'success' }, signal));
      }
      const refusals: string[] = [];
      for (const work of works)
        await work().catch((error: unknown) => {
          if (!(error instanceof Refused)) throw error;
          refusals.push(messageOf(error));
        });
      if (refusals.length > 0) throw new Refused([...new Set(refusals)].join('; '));
      return null;
    },
  };
}

interface CheckPlace {
  check_name: string;
  commit: string;
  pull_request: number | null;
}

async function putCheck(
  forge: Forge,
  outgoing: Outgoing,
  { check_name, commit, pull_request }: CheckPlace,
  signal: AbortSignal,
): Promise<void> {
  const of_commit = outgoing.beside.filter((message) => labelIn(message, 'commit') === commit);
  const { title, verdict, body, url } = pageOf(outgoing, of_commit, CHECK_CHARACTERS);
  const place = { name: check_name, key: outgoing.key, commit, pull_request };
  await forge.putCheck({ ...place, title, verdict, summary: body, url }, signal);
}

/** `12`, `#12`, `!12`. */
function numberIn(text: string | undefined): number | null {
  const [digits] = /\d+/.exec(text ?? '') ?? [];
  return digits === undefined ? null : Number(digits);
}

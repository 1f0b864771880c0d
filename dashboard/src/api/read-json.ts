import { visibleLines } from '@benchwire/shared/format/visible-text.ts';

/**
 * JSON of the gateway, with the characters that nobody sees made visible: what others wrote in names, errors and logs then changes
 * nothing on the page but itself. (Control characters stand in JSON as `\\u0007`; a page draws none of them.)
 * @throws SyntaxError for what is no JSON
 */
export function readJson(text: string): unknown {
  return JSON.parse(visibleLines(text));
}

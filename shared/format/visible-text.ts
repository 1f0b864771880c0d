/**
 * Text that others wrote (names, errors, logs), safe to show in a terminal, a page, a report or a spreadsheet. Characters that
 * cannot be seen, or that change how others are read, become `\ufffd`, so that two names that differ look different: control
 * characters, the bidirectional overrides and isolates of "Trojan Source" (CVE-2021-42574), zero-width and tag characters, halves
 * of surrogate pairs. What writing needs stays: joiners and the variation selectors of emoji.
 */
const HIDDEN =
  /[\p{Cc}\p{Cs}\u2028\u2029\ufff9-\ufffb]|(?!\u200c|\u200d|[\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;
/** Where lines matter, such as in logs. */
const HIDDEN_IN_LINES = new RegExp(`(?![\\n\\t])(?:${HIDDEN.source})`, 'gu');

const PLAIN = /^[\x20-\x7e]*$/;
const PLAIN_LINES = /^[\x20-\x7e\n\t]*$/;

/** One line: line ends and tabs are made visible too. */
export function visibleText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(HIDDEN, '\ufffd');
}

/** Several lines: `\n` and `\t` stay, and each line ends with `\n`. */
export function visibleLines(text: string): string {
  return PLAIN_LINES.test(text) ? text : text.replace(/\r\n?/g, '\n').replace(HIDDEN_IN_LINES, '\ufffd');
}

/**
 * For a terminal, which colours may be for: hidden characters are written as JSON writes them, `\u202e`, which changes nothing
 * in JSON text and shows everywhere else what is there.
 */
export function escapeHidden(text: string): string {
  if (PLAIN_LINES.test(text)) return text;
  return text.replace(COLOUR_OR_HIDDEN, (found) => (found.length > 2 ? found : escaped(found)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const COLOUR_OR_HIDDEN = new RegExp(`${/\x1b\[[0-9;]*m/.source}|${HIDDEN_IN_LINES.source}`, 'gu');

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}

/** Colours and cursor moves of a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' escape sequences begin with one
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** An attempt's log (base64 of UTF-8) as text. */
export function logText(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes).replace(ESCAPES, '');
}

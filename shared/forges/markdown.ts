/** Hidden in a comment, so that it is found again; forges do not show HTML comments. */
export const markerLine = (marker: string): string => `<!-- benchwire:${marker} -->`;

const CUT = '\n\n… (cut: the rest is longer than what fits here)';

/** A text of at most so many characters, cut at the end of a line where that costs little. Pure. */
export function fitted(text: string, max_characters: number): string {
  if (text.length <= max_characters) return text;
  const room = Math.max(max_characters - CUT.length, 0);
  const at = text.lastIndexOf('\n', room);
  // Not in the middle of a character that takes two units.
  const end = at > room / 2 ? at : room - Number(/[\uD800-\uDBFF]/.test(text[room - 1] ?? ''));
  return `${text.slice(0, Math.max(end, 0))}${CUT}`.slice(0, max_characters);
}

/** One line of at most so many characters. Pure. */
export function oneLineOf(text: string, max_characters: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= max_characters ? line : `${line.slice(0, max_characters - 1)}…`;
}

/** A comment's text with its marker first, within a limit. Pure. */
export const markedBody = (marker: string, body: string, max_characters: number): string => {
  const line = `${markerLine(marker)}\n`;
  return `${line}${fitted(body, max_characters - line.length)}`;
};

/** What means something in Markdown is written out, `@name` mentions no one, and `#1` links nothing. Pure. */
export const escapedMarkdown = (text: string): string =>
  text
    .replaceAll(/[\\`*_[\]<>|~]/g, (character) =>
      character === '<' ? '&lt;' : character === '>' ? '&gt;' : `\\${character}`,
    )
    .replaceAll('@', '@\u200B')
    .replaceAll('#', '#\u200B')
    .replaceAll(/\s+/g, ' ');

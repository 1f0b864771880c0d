import { stripVTControlCharacters } from 'node:util';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';

const PLAIN = /^[\x20-\x7e]*$/;
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
const segmenter = new Intl.Segmenter();

/** How many columns a text takes in a terminal: colours take none, East Asian characters and emoji two. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/**
 * One line that is safe to print, out of text that others wrote (names, error messages): line ends become blanks, and
 * escape sequences are taken out, so that nobody's message can move the cursor or colour what follows. Other characters that
 * nobody sees are made visible.
 */
export function oneLine(text: string): string {
  if (PLAIN.test(text)) return text;
  return visibleText(
    stripVTControlCharacters(text)
      .replace(/\s+/g, ' ')
      .replace(/\p{Cc}/gu, ''),
  );
}

/** Cuts a plain text (no colours in it) to a width, with `…` where something is missing. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const next = textWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…`;
}

/** Cuts a line that may hold colours; whatever was open at the cut is closed. */
export function fitColoured(line: string, width: number): string {
  if (textWidth(line) <= width) return line;
  let kept = '';
  let used = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith('\x1b[')) kept += part;
    else if (used < width) {
      const piece = fit(part, width - used);
      kept += piece;
      used += textWidth(piece);
      if (piece !== part) used = width;
    }
  }
  return kept;
}

/** Fills up with blanks, on the right or, for numbers, on the left. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

/** Breaks a plain text into lines of at most a width: at blanks, and within words that are longer than a line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    while (textWidth(word) > width && width > 1) {
      if (line !== '') lines.push(line);
      line = '';
      const piece = fit(word, width).slice(0, -1);
      lines.push(piece);
      word = word.slice(piece.length);
    }
    if (line === '') line = word;
    else if (textWidth(line) + 1 + textWidth(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines;
}

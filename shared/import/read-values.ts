import { isRecord } from '../runtime/is-record.ts';

type Loose = Readonly<Record<string, unknown>>;

/** A value's fields; none for anything but an object. */
export function fieldsOf(value: unknown): Loose {
  return isRecord(value) ? value : {};
}

/** A value's items; none for anything but a list. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A finite number, written as one or as its text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A time in the one form that messages have; undefined for what is none. */
export function timeOf(value: unknown): string | undefined {
  const at = typeof value === 'number' ? value : Date.parse(textOf(value) ?? '');
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return undefined;
  const text = new Date(at).toISOString();
  return /^\d{4}-/.test(text) ? text : undefined;
}

/** Whether a list is not empty and all its items pass. The first hundred are looked at. */
export function every(value: unknown, passes: (item: Loose) => boolean): boolean {
  const items = itemsOf(value).slice(0, 100);
  return items.length > 0 && items.every((item) => isRecord(item) && passes(item));
}

/** An XML text's `&lt;`, `&#10;` and others as the characters they stand for. */
export function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{2,4}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** An opening tag, with its attributes and where in the text it stands. */
export interface XmlTag {
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** What stands behind it, from here on. */
  end: number;
  is_closing: boolean;
  is_empty: boolean;
}

/**
 * The tags of an XML document in order; what stands between them is the caller's to look at. No entities but the five
 * named ones and numbers are read, so no document can make another one of itself.
 */
export function* xmlTags(text: string): Generator<XmlTag> {
  const tag =
    /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<(\/?)([A-Za-z_][\w:.-]*)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>/g;
  for (const match of text.matchAll(tag)) {
    const [, closing, name, inside = '', empty] = match;
    if (name === undefined) continue;
    const attributes: Record<string, string> = {};
    for (const [, key = '', double, single] of inside.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
      attributes[key] = unescapeXml(double ?? single ?? '');
    yield {
      name,
      attributes,
      end: match.index + match[0].length,
      is_closing: closing === '/',
      is_empty: empty === '/',
    };
  }
}

import { ImportError } from './import-error.ts';

/** `KEY=VALUE,KEY=VALUE`. @throws ImportError for a tag without a value */
export function readTags(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new ImportError('tags', '', `"${pair.slice(0, 80)}" is not KEY=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

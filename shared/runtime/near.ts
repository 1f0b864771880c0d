import { nearNames } from './near-names.ts';

/** ` Did you mean "a" or "b"?`, or nothing when nothing is near. Begins with a blank, to be put behind a sentence. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const near = nearNames(word.slice(0, 64), [...names]).slice(0, 2);
  return near.length === 0 ? '' : ` Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
}

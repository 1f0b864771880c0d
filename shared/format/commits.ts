import type { Source } from '../contracts/request.ts';

/** The commits that a change lies between, `0123456789..abcdef0123`; the one that it was seen at where that is all that is known. */
export function commitsOf({
  source,
  previous_source,
}: {
  source: Source | null;
  previous_source: Source | null;
}): string {
  const [before, at] = [previous_source?.commit?.slice(0, 10), source?.commit?.slice(0, 10)];
  if (at === undefined) return '–';
  return before === undefined || before === at ? at : `${before}..${at}`;
}

/**
 * A leader's term: `<bucket created, ms>-<revision>`. Revisions grow with each write to the `leases` bucket; one that was
 * lost and made anew begins at 1 again, at a later time. Anything else is older than every epoch.
 */
export function isLaterEpoch(epoch: string, than: string): boolean {
  const [created, revision] = parse(epoch);
  const [other_created, other_revision] = parse(than);
  return created > other_created || (created === other_created && revision > other_revision);
}

export function isEpoch(text: string): boolean {
  return EPOCH.test(text);
}

const EPOCH = /^(\d{1,16})-(\d{1,16})$/;

function parse(epoch: string): [number, number] {
  const match = EPOCH.exec(epoch);
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
}

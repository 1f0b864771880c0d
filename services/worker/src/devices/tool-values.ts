/** What tools print in place of a value that the device does not have. */
const NOT_THERE = /^\[?(n\/?a|not supported|not available|not found|not applicable|none|unsupported|deprecated|-)\]?$/i;
/** What they print in place of a value that could not be read, since something is wrong. */
const FAULT =
  /err!|^error|unknown error|gpu is lost|requires reset|insufficient perm|no permission|^\[?(unknown|failed|timeout)/i;

/** Whether a cell says that the device does not have such a value. */
export function isNotThere(cell: string | undefined): boolean {
  return cell === undefined || cell === '' || NOT_THERE.test(cell);
}

/** Whether a cell says that something is wrong with the device. */
export function isFault(cell: string | undefined): boolean {
  return cell !== undefined && FAULT.test(cell);
}

/** A number as tools print it: with its unit, or with the decimal comma of their locale. Null for everything else. */
export function numberOrNull(cell: string | number | undefined): number | null {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : null;
  const match = /^\+?(-?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?)\s*(?:[A-Za-z%°/]{1,8})?$/.exec(cell?.trim() ?? '');
  if (match === null) return null;
  const value = Number(match[1]?.replace(',', '.'));
  return Number.isFinite(value) ? value : null;
}

/** A text that is a value, and no excuse for one. */
export function textOrNull(cell: string | undefined): string | null {
  return cell === undefined || isNotThere(cell) || isFault(cell) ? null : cell;
}

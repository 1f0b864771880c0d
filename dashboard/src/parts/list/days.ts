/** The day of a date or of a whole time, in the reader's zone; empty for neither. */
export function dayOf(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return '';
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

/** A day's begin, or that of the next one, as an instant; a whole time stays, anything else is left out. */
export function instantOf(text: string, edge: 'begin' | 'end'): string | undefined {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const at =
    day === null
      ? new Date(text)
      : new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]) + (edge === 'end' ? 1 : 0));
  return text === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** A time as ClickHouse reads it in a parameter: UTC, without the zone. */
export function clock(at: string): string {
  return at.replace('T', ' ').replace('Z', '');
}

import { isRule, PANEL_KINDS, type PlacedPanel } from './layout.ts';

/** What a panel of a layout is, for people: `A saved query: tasks now`. */
export function panelInWords({ kind, of, metric }: PlacedPanel): string {
  if (isRule(kind)) return `${PANEL_KINDS[kind]}: ${of}, ${metric}`;
  return of === undefined ? PANEL_KINDS[kind] : `${PANEL_KINDS[kind]}: ${of}`;
}

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeLayout,
  encodeLayout,
  isRule,
  type Layout,
  moved,
  needsOf,
  PANEL_KINDS,
  type PanelKind,
  readLayout,
  resized,
  STANDARD,
} from './layout.ts';

const layouts = fc.record({
  panels: fc.array(
    fc
      .record({
        kind: fc.constantFrom(...(Object.keys(PANEL_KINDS) as PanelKind[])),
        columns: fc.integer({ min: 3, max: 12 }),
        of: fc.string({ minLength: 1, unit: 'grapheme' }),
      })
      .map(({ of, ...panel }) =>
        isRule(panel.kind) ? { ...panel, of, metric: of } : needsOf(panel.kind) ? { ...panel, of } : panel,
      ),
    { maxLength: 10 },
  ),
});

it('a layout comes back from a link as it was', () => {
  fc.assert(
    fc.property(layouts, (layout: Layout) => {
      expect(decodeLayout(encodeLayout(layout))).toEqual(layout);
    }),
  );
});

it('what is no layout is refused with what is wrong', () => {
  expect(() => readLayout({})).toThrow('no list "panels"');
  expect(() => readLayout({ panels: [{ kind: 'clock', columns: 6 }] })).toThrow('panels[0]: unknown panel "clock"');
  expect(() => readLayout({ panels: [{ kind: 'running', columns: 13 }] })).toThrow('from 3 to 12, not 13');
  expect(() => readLayout({ panels: [{ kind: 'series', columns: 6 }] })).toThrow('"of" is missing');
  expect(() => readLayout({ panels: [{ kind: 'each_series', columns: 6, of: '*' }] })).toThrow(
    '"metric" must be a text',
  );
  expect(() => decodeLayout('%%')).toThrow('holds no layout');
});

it('panels move within the layout and keep to twelve columns', () => {
  expect(
    moved(STANDARD, 0, 1)
      .panels.map(({ kind }) => kind)
      .slice(0, 2),
  ).toEqual(['findings', 'running']);
  expect(moved(STANDARD, 0, -1)).toEqual(STANDARD);
  expect(resized(STANDARD, 4, 1).panels[4]?.columns).toBe(12);
  expect(resized(STANDARD, 0, -1).panels[0]?.columns).toBe(6);
});

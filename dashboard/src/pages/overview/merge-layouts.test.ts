import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Layout,
  moved,
  PANEL_KINDS,
  type PanelKind,
  type PlacedPanel,
  resized,
  STANDARD,
  without,
} from './layout.ts';
import { mergeLayouts } from './merge-layouts.ts';

const panels = fc.record({
  kind: fc.constantFrom(...(Object.keys(PANEL_KINDS) as PanelKind[])),
  columns: fc.integer({ min: 3, max: 12 }),
});
const layouts = fc.record({ panels: fc.array(panels, { maxLength: 8 }) });

/** What a person does to a layout. */
const changes = fc.array(
  fc.tuple(
    fc.constantFrom('move', 'resize', 'remove', 'add' as const),
    fc.nat(7),
    fc.integer({ min: -2, max: 2 }),
    panels,
  ),
  { maxLength: 4 },
);
type Changes = Array<[string, number, number, PlacedPanel]>;
const after = (layout: Layout, of: Changes): Layout =>
  of.reduce<Layout>((now, [what, at, by, panel]) => {
    if (what === 'move') return moved(now, at, by);
    if (what === 'resize') return resized(now, at, by);
    if (what === 'remove') return without(now, at);
    return { panels: now.panels.toSpliced(at, 0, panel) };
  }, layout);

const columnsOf = ({ panels: all }: Layout): Array<[string, number]> => all.map(({ kind, columns }) => [kind, columns]);

it('takes what only one has changed as it is, and the same change of both is no conflict', () => {
  fc.assert(
    fc.property(layouts, changes, (base, of) => {
      const changed = after(base, of as Changes);
      for (const prefer of ['mine', 'theirs'] as const) {
        expect(mergeLayouts(base, changed, base, prefer)).toEqual({ layout: changed, conflicts: [] });
        expect(mergeLayouts(base, base, changed, prefer)).toEqual({ layout: changed, conflicts: [] });
        expect(mergeLayouts(base, changed, changed, prefer)).toEqual({ layout: changed, conflicts: [] });
      }
    }),
  );
});

it('loses nothing: each panel is as one of the two has it, and what one of them added is there', () => {
  fc.assert(
    fc.property(layouts, changes, changes, (base, of_me, of_them) => {
      const [mine, theirs] = [after(base, of_me as Changes), after(base, of_them as Changes)];
      for (const prefer of ['mine', 'theirs'] as const) {
        const { layout } = mergeLayouts(base, mine, theirs, prefer);
        const all = [...mine.panels, ...theirs.panels].map((panel) => JSON.stringify(panel));
        for (const panel of layout.panels) expect(all).toContain(JSON.stringify(panel));
        const countOf = (kind: PanelKind, of: Layout): number =>
          of.panels.filter((panel) => panel.kind === kind).length;
        if ([...of_me, ...of_them].some(([what]) => what === 'remove')) continue;
        for (const kind of Object.keys(PANEL_KINDS) as PanelKind[])
          expect(countOf(kind, layout)).toBe(Math.max(countOf(kind, mine), countOf(kind, theirs)));
      }
    }),
  );
});

it('without what both began with keeps whatever either has', () => {
  fc.assert(
    fc.property(layouts, layouts, (mine, theirs) => {
      const { layout } = mergeLayouts({ panels: [] }, mine, theirs, 'mine');
      for (const { kind } of [...mine.panels, ...theirs.panels])
        expect(layout.panels.map((panel) => panel.kind)).toContain(kind);
    }),
  );
});

it('merges changes of different panels, and names those of the same one', () => {
  const mine = resized(STANDARD, 0, 2);
  const theirs = { panels: [...without(STANDARD, 2).panels, { kind: 'query' as const, columns: 6, of: 'mine' }] };
  const { layout, conflicts } = mergeLayouts(STANDARD, mine, theirs, 'theirs');
  expect(conflicts).toEqual([]);
  expect(columnsOf(layout)).toEqual([
    ...[
      ['running', 9],
      ['findings', 5],
      ['throughput', 5],
      ['top_models', 12],
      ['query', 6],
    ],
  ]);
  const both = (other: Layout, prefer: 'mine' | 'theirs') => mergeLayouts(STANDARD, mine, other, prefer);
  expect(both(resized(STANDARD, 0, 1), 'mine')).toMatchObject({
    layout: { panels: mine.panels },
    conflicts: [{ panel: { kind: 'running' }, mine: { columns: 9 }, theirs: { columns: 8 } }],
  });
  expect(both(without(STANDARD, 0), 'theirs')).toMatchObject({
    layout: { panels: STANDARD.panels.slice(1) },
    conflicts: [{ panel: { kind: 'running' }, mine: { columns: 9 }, theirs: undefined }],
  });
  expect(mergeLayouts(STANDARD, moved(STANDARD, 0, 1), moved(STANDARD, 0, 2), 'mine')).toMatchObject({
    layout: moved(STANDARD, 0, 1),
    conflicts: [{ panel: 'order' }],
  });
});

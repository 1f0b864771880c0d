/** What the overview is made of, in order. Layouts are saved, exported and put into links as this. */
export interface Layout {
  panels: PlacedPanel[];
}

export const PANEL_KINDS = {
  running: 'Running now',
  throughput: 'Finished tasks per minute',
  pools: 'Queues',
  findings: 'Newest findings',
  top_models: 'Top models per hardware',
  failures: 'Failed attempts by pool and reason',
  recovery: 'Recovery by strategy',
  series: 'History of a series',
  query: 'A saved query',
  each_benchmark: 'A panel for each benchmark',
  each_series: 'A panel for each series',
} as const;
export type PanelKind = keyof typeof PANEL_KINDS;

export interface PlacedPanel {
  kind: PanelKind;
  /** Of twelve columns. */
  columns: number;
  /** The series' id, the saved query's name, or of a rule which benchmarks: `*` stands for any text. */
  of?: string;
  /** Of a rule. */
  metric?: string;
}

export const STANDARD: Layout = {
  panels: [
    { kind: 'running', columns: 7 },
    { kind: 'findings', columns: 5 },
    { kind: 'pools', columns: 7 },
    { kind: 'throughput', columns: 5 },
    { kind: 'top_models', columns: 12 },
  ],
};

const MIN_COLUMNS = 3;
const MAX_PANELS = 40;
const MAX_TEXT = 256;
const FIELDS_OF_RULE: Readonly<Record<string, string>> = {
  of: 'a benchmark; * matches any text',
  metric: 'the name of a metric',
};

/** Rules: each stands for the panels of whatever matches it now. */
export type RuleKind = 'each_benchmark' | 'each_series';
export const isRule = (kind: PanelKind): kind is RuleKind => kind === 'each_benchmark' || kind === 'each_series';

/** Kinds that show one thing, which `of` names. */
export const needsOf = (kind: PanelKind): boolean => kind === 'series' || kind === 'query';

/** @throws Error that says what is wrong with what should be a layout */
export function readLayout(value: unknown): Layout {
  const panels = (value as { panels?: unknown } | null)?.panels;
  if (!Array.isArray(panels)) throw new Error('This is not a layout: it has no list "panels".');
  if (panels.length > MAX_PANELS)
    throw new Error(`A layout has at most ${MAX_PANELS} panels, this one ${panels.length}.`);
  return { panels: panels.map(readPanel) };
}

function readPanel(value: unknown, at: number): PlacedPanel {
  const { kind, columns, of, metric } = (value ?? {}) as Partial<Record<keyof PlacedPanel, unknown>>;
  const where = `panels[${at}]`;
  if (typeof kind !== 'string' || !Object.hasOwn(PANEL_KINDS, kind))
    throw new Error(`${where}: unknown panel "${kind}": use one of ${Object.keys(PANEL_KINDS).join(', ')}.`);
  if (typeof columns !== 'number' || !Number.isInteger(columns) || columns < MIN_COLUMNS || columns > 12)
    throw new Error(`${where}: columns must be a whole number from ${MIN_COLUMNS} to 12, not ${columns}.`);
  const named = kind as PanelKind;
  if (isRule(named)) {
    for (const [field, text] of Object.entries({ of, metric }))
      if (typeof text !== 'string' || text === '' || text.length > MAX_TEXT)
        throw new Error(
          `${where}: "${field}" must be a text of 1 to ${MAX_TEXT} characters: ${FIELDS_OF_RULE[field]}.`,
        );
    return { kind: named, columns, of: String(of), metric: String(metric) };
  }
  if (!needsOf(named)) return { kind: named, columns };
  if (typeof of !== 'string' || of === '')
    throw new Error(`${where}: "of" is missing: it names the series or the saved query.`);
  return { kind: named, columns, of };
}

/** As text for a link. */
export function encodeLayout(layout: Layout): string {
  const bytes = new TextEncoder().encode(JSON.stringify(layout));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** @throws Error for text that holds no layout */
export function decodeLayout(text: string): Layout {
  let value: unknown;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0));
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Error('This link holds no layout: it may have been cut off.');
  }
  return readLayout(value);
}

/** The panel moved by so many places. */
export function moved({ panels }: Layout, at: number, by: number): Layout {
  const panel = panels[at];
  const to = at + by;
  if (panel === undefined || to < 0 || to >= panels.length) return { panels };
  return { panels: panels.toSpliced(at, 1).toSpliced(to, 0, panel) };
}

/** The panel by so many columns wider, within what there is. */
export function resized({ panels }: Layout, at: number, by: number): Layout {
  return {
    panels: panels.map((panel, index) =>
      index === at ? { ...panel, columns: Math.max(MIN_COLUMNS, Math.min(12, panel.columns + by)) } : panel,
    ),
  };
}

export const without = ({ panels }: Layout, at: number): Layout => ({ panels: panels.toSpliced(at, 1) });

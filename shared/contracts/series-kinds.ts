/**
 * What a series is the history of: what was to be measured, or what was measured beside it. `phase`: a time outside of the measured
 * window, such as loading. Only results count in a gate unless it names others. Since 0.5. Without a schema: a page
 * needs none for its filters.
 */
export const SERIES_KINDS = ['result', 'phase', 'memory', 'energy'] as const;

/** The priorities that have a name; a request says its priority as a name or as a number from 0 to 100. Since 0.4. */
export const NAMED_PRIORITIES = { low: 0, medium: 50, high: 90 } as const;

/**
 * What is measured of each model. `inference`: how long it takes to start, and the latency. `throughput`: several instances at
 * once. Without a type: the latency alone. Since 0.6.
 */
export const BENCHMARK_TYPES = ['inference', 'throughput', 'both'] as const;

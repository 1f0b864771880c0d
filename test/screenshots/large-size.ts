/** How large the history of `npm run screenshots -- --large` is. */
export const RUNS = 100_000;
export const MODELS = 200;
export const TASKS_OF_LARGEST = 2000;
/** As long as names may be. */
export const LONG_NAME = 'a-name-of-200-characters-'.padEnd(196, 'which-goes-on-and-on-');

/** The run with this number; `RUNS` is the one with many tasks. */
export const runIdOf = (number: number): string => `019ab000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

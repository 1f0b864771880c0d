/** How long a task waits for the pool that has its history, unless the configuration says otherwise. */
export const DEFAULT_HISTORY_PATIENCE_SECONDS = 60;

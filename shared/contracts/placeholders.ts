/** What `command` and `env` of a `command` task may name: the worker fills it in for the run. Since 0.5. */
export const PLACEHOLDER_NAMES = ['commit', 'branch', 'run_id', 'task_id'] as const;
export type PlaceholderName = (typeof PLACEHOLDER_NAMES)[number];

/** Each placeholder in a text; other braces are left as they are. */
export const PLACEHOLDER: RegExp = new RegExp(`\\{(${PLACEHOLDER_NAMES.join('|')})\\}`, 'g');

/** What events are about. Without a schema: a page needs none for its filters. */
export const EVENT_ENTITIES = [
  'run',
  'task',
  'worker',
  'pool',
  'service',
  'series',
  'gate',
  'setting',
  'access',
  'model',
] as const;
export type EventEntity = (typeof EVENT_ENTITIES)[number];

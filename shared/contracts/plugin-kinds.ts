/** What a plug-in is written against. A breaking change is another number. */
export const PLUGIN_API_VERSION = 1;

export const PLUGIN_KINDS = ['executor', 'placement_strategy', 'connector', 'sink', 'import_format', 'report'] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** The streams that a sink can ask for. */
export const SINK_STREAMS = ['outcomes', 'findings', 'events'] as const;
export type SinkStream = (typeof SINK_STREAMS)[number];

/** Small letters, digits, `-`, `_`; as requests, rules and options name it. */
export const PLUGIN_NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/** What plug-ins are written against: docs/plugins.md. */
export * from '@benchwire/shared/plugins/plugin.ts';

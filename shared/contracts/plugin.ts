import { z } from 'zod';
import { PLUGIN_API_VERSION, PLUGIN_KINDS, PLUGIN_NAME, SINK_STREAMS } from './plugin-kinds.ts';

/** The protocol between a service or `bw` and a plug-in: JSON lines, UTF-8, on file descriptor 3; docs/protocol/plugin.md. Since 0.6. */

export const pluginName = z
  .string()
  .regex(PLUGIN_NAME, 'use small letters, digits, - and _, beginning with a letter, at most 64 of them');

/** What a plug-in says of itself. */
export const pluginDescription = z.object({
  api_version: z.literal(PLUGIN_API_VERSION),
  kind: z.enum(PLUGIN_KINDS),
  name: pluginName,
  /** For people. */
  title: z.string().min(1).max(200),
  /** Of a report: its file's, without the dot. */
  file_ending: z
    .string()
    .regex(/^[a-z0-9]{1,16}$/)
    .optional(),
  /** Of a sink. */
  streams: z.array(z.enum(SINK_STREAMS)).min(1).optional(),
  /** Of a connector: the secrets that each receiver has to name. */
  secrets: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/))
    .max(20)
    .optional(),
});
export type PluginDescription = z.infer<typeof pluginDescription>;

const id = z.string().min(1).max(512);

export const pluginCommand = z.discriminatedUnion('type', [
  /** First, once: its `config` of the file of plug-ins. Answered by `ready` or `refused`. */
  z.object({ type: z.literal('load'), config: z.json() }),
  /** Do this: the methods of each kind are in docs/protocol/plugin.md. Answered by `done` or `failed`. */
  z.object({ type: z.literal('call'), id, method: z.string(), input: z.json() }),
  /** End a call; answered by `failed` or `done`. A plug-in that does not answer within 5 s is killed. */
  z.object({ type: z.literal('cancel'), id }),
]);
export type PluginCommand = z.infer<typeof pluginCommand>;

/** More of one metric that an executor measured. */
export const pluginSamples = z.object({
  type: z.literal('samples'),
  id,
  metric: z.string().min(1).max(256),
  unit: z.string().max(32).nullable().default(null),
  better: z.enum(['lower', 'higher']).optional(),
  values: z.array(z.number()).min(1).max(10_000),
});
export type PluginSamples = z.infer<typeof pluginSamples>;

export const pluginMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), plugin: z.unknown() }),
  /** The manifest or the configuration is wrong. */
  z.object({ type: z.literal('refused'), message: z.string() }),
  pluginSamples,
  /** Of an executor: a sentence on the whole result. */
  z.object({ type: z.literal('note'), id, text: z.string().min(1).max(4096) }),
  z.object({ type: z.literal('done'), id, value: z.unknown() }),
  z.object({
    type: z.literal('failed'),
    id,
    message: z.string(),
    /** False where trying again cannot help. */
    retriable: z.boolean().default(true),
    /** The other side takes nothing before. */
    retry_after_seconds: z.number().min(0).max(86_400).optional(),
  }),
]);
export type PluginMessage = z.infer<typeof pluginMessage>;

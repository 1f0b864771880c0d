import type { z } from 'zod';
import type { HttpClient } from '../client/http-client.ts';
import { SINCE_FORMS, sinceTime } from '../format/since-time.ts';
import type { ToolAnswer } from './answer.ts';
import { ToolError } from './tool-error.ts';

/** What a tool works with. */
export interface ToolContext {
  /** The gateway's API with the caller's key: what the key may not do is refused there. */
  api: Pick<HttpClient, 'send'>;
  now_ms: number;
  /** Of the API's page that is asked for; tools whose answer has none leave it. */
  api_cursor: string | undefined;
}

/** One tool that an agent may call. */
export interface Tool {
  name: string;
  description: string;
  /** Every tool takes `cursor` beside these. */
  input: z.ZodObject;
  /** It changes something: listed only where that was asked for. */
  writes: boolean;
  run(args: unknown, context: ToolContext): Promise<ToolAnswer>;
}

/** Ties the type of a tool's arguments to its `run`; the server checks them before. */
export function defineTool<Input extends z.ZodObject>(definition: {
  name: string;
  description: string;
  input: Input;
  writes?: boolean;
  run(args: z.output<Input>, context: ToolContext): Promise<ToolAnswer>;
}): Tool {
  return {
    writes: false,
    ...definition,
    run: (args, context) => definition.run(args as z.output<Input>, context),
  };
}

/** @throws ToolError */
export function readSince(text: string, { now_ms }: Pick<ToolContext, 'now_ms'>): string {
  const at = sinceTime(text, now_ms);
  if (at === undefined) throw new ToolError(`since: "${text}" is not a time. It takes ${SINCE_FORMS}.`);
  return at;
}

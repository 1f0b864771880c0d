import type { Role } from '@benchwire/shared/contracts/http.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../auth/caller.ts';
import type { Gateway } from '../gateway.ts';

/** What a handler is given: everything in it has been checked. */
interface Call<P, Q, B> {
  gateway: Gateway;
  params: P;
  query: Q;
  body: B;
  /** Throws where the route needs no role and nobody has signed in. */
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** One route: all that the server, the access check and the OpenAPI document know of it. */
export interface Route<P = never, Q = never, B = never> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As Fastify writes it: `/api/runs/:run_id`. */
  url: string;
  /** Who may; null for everybody, signed in or not. */
  role: Role | null;
  summary: string;
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  body?: z.ZodType<B>;
  /** More than this is refused before it is read; MAX_SMALL_BODY_BYTES unless set, and never more than BODY_LIMIT_MB. */
  max_body_bytes?: number;
  answer: z.ZodType;
  /** Of the answer; application/json unless said otherwise. */
  content_type?: string;
  /** Of success; 200 unless said otherwise. */
  status?: number;
  /** Of success too, where what is asked for decides. */
  other_status?: number;
  handle(call: Call<P, Q, B>): Promise<unknown>;
}

/** A route whose handler is typed by its schemas. Query parameters that it does not have are refused, as fields of bodies are. */
export function route<P, Q, B>(definition: Route<P, Q, B>): Route {
  const { query = z.object({}) } = definition;
  return { ...definition, query: query instanceof z.ZodObject ? query.strict() : query } as unknown as Route;
}

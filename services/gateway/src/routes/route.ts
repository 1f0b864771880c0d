import {
  type AnswerOf,
  type Method,
  readRouteName,
  type Signature,
  type Signatures,
} from '@benchwire/shared/contracts/api/signature.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Caller } from '../auth/caller.ts';
import type { Gateway } from '../gateway.ts';

/** What a handler is given: everything in it has been checked against the route's signature. */
export interface Call<S> extends CallContext {
  params: Checked<S, 'params'>;
  query: Checked<S, 'query'>;
  body: Checked<S, 'body'>;
}

interface CallContext {
  gateway: Gateway;
  /** Throws where the route needs no role and nobody has signed in. */
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
}

type Checked<S, Place extends 'params' | 'query' | 'body'> =
  S extends Record<Place, infer Schema extends z.ZodType> ? z.output<Schema> : undefined;

/** A handler for each signature of a resource. One that is missing, or whose answer does not fit, does not compile. */
export type Handlers<S extends Signatures> = {
  [Name in keyof S]: (call: Call<S[Name]>) => Promise<AnswerOf<S[Name]>>;
};

/** One route as the server has it: its signature, where it is, and what answers. */
export interface Route extends Signature {
  method: Method;
  /** As Fastify writes it: `/api/runs/:run_id`. */
  url: string;
  handle(call: CallContext & Record<'params' | 'query' | 'body', unknown>): Promise<unknown>;
}

/** The routes of a resource. */
export function routesOf<S extends Signatures>(signatures: S, handlers: Handlers<S>): Route[] {
  return Object.entries(signatures).map(([name, signature]) => {
    const { method, path } = readRouteName(name);
    // `registerRoute` gives it nothing but what its own signature has checked.
    const handle = handlers[name as keyof S] as unknown as Route['handle'];
    return { ...signature, method, url: path, handle };
  });
}

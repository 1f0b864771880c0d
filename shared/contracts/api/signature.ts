import type { z } from 'zod';
import type { Role } from '../http.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A route's name in the tables of this folder: method and path, as `GET /api/runs/:run_id`. */
export type RouteName = `${Method} /api/${string}`;

/** What both sides know of one route: who may, what goes in, what comes out. */
export interface Signature {
  /** Who may; null for everybody, signed in or not. */
  role: Role | null;
  /** One line for the documentation. */
  summary: string;
  /** The parts of the path that begin with a colon. */
  params?: z.ZodObject;
  /** Other parameters are refused, as unknown fields of bodies are: a strict object. */
  query?: z.ZodObject<z.core.$ZodLooseShape, z.core.$strict>;
  body?: z.ZodType;
  /** The body is any bytes, application/octet-stream; the handler reads them from `request.body`. */
  takes_bytes?: true;
  /** More than this is refused before it is read; MAX_SMALL_BODY_BYTES unless set, and never more than BODY_LIMIT_MB, except for `takes_bytes`. */
  max_body_bytes?: number;
  answer: z.ZodType;
  /** Of the answer; application/json unless set. */
  content_type?: string;
  /** A second one, where the query decides. */
  other_content_type?: string;
  /** It is no GET and changes nothing: it leaves no event in the audit log. */
  changes_nothing?: true;
  /** Of success; 200 unless set. */
  status?: number;
  /** A second status of success, where the query decides. */
  other_status?: number;
}

export type Signatures = Readonly<Record<RouteName, Signature>>;

/** The names behind the colons of a path. */
type ParameterOf<Path> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? Name | ParameterOf<`/${More}`>
    : Rest
  : never;

/** A signature whose `params` are those of its path. */
type SignatureAt<Name> = Signature &
  ([ParameterOf<Name>] extends [never]
    ? { params?: never }
    : { params: z.ZodObject<Record<ParameterOf<Name>, z.ZodType>> });

/** The signatures of one resource. A path with a parameter that `params` does not have does not compile. */
export function signatures<const S extends { [Name in keyof S]: Name extends RouteName ? SignatureAt<Name> : never }>(
  of: S,
): S {
  return of;
}

/** What a handler gives and a client gets. */
export type AnswerOf<S> = S extends { answer: infer A extends z.ZodType } ? z.output<A> : never;

/** What a client sends. Parameters of a query are said as they are read: the client writes them as text. */
export type BodyOf<S> = S extends { body: infer B extends z.ZodType } ? z.input<B> : undefined;
export type ParamsOf<S> = S extends { params: infer P extends z.ZodType } ? z.input<P> : undefined;
export type QueryOf<S> = S extends { query: infer Q extends z.ZodType } ? Said<z.input<Q>, z.output<Q>> : undefined;
type Said<In, Out> = { [Name in keyof In]: (Name extends keyof Out ? Out[Name] : never) | null | undefined };

/** Reads a route's name. Pure. */
export function readRouteName(name: string): { method: Method; path: string } {
  const [method, path = ''] = name.split(' ');
  if (method === 'GET' || method === 'POST' || method === 'PUT' || method === 'DELETE') return { method, path };
  throw new Error(`a route begins with GET, POST, PUT or DELETE: ${name}`);
}

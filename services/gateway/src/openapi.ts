import { problem } from '@benchwire/shared/contracts/http.ts';
import { z } from 'zod';
import packageJson from '../package.json' with { type: 'json' };
import type { Route } from './routes/route.ts';

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return json;
};

/** The OpenAPI 3.1 document of the route table. */
export function openApi(routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
    const operations = paths[path] ?? {};
    operations[route.method.toLowerCase()] = operation(route);
    paths[path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Benchwire', version: packageJson.version, description: 'See /docs for this in words.' },
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key or a JWT' } },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const {
    method,
    url,
    role,
    summary,
    params,
    query,
    body,
    answer,
    status = 200,
    other_status,
    content_type = 'application/json',
  } = route;
  const content = status === 204 ? {} : { content: { [content_type]: { schema: schemaOf(answer, 'output') } } };
  const trouble = {
    description: 'What is wrong',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return {
    operationId: `${method.toLowerCase()}_${url.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(1)}`,
    summary,
    description: role === null ? 'Needs no key.' : `Needs the role ${role}.`,
    security: role === null ? [] : [{ key: [] }],
    parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
    ...(body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: {
      [status]: { description: 'Done', ...content },
      ...(other_status === undefined ? {} : { [other_status]: { description: 'Done', ...content } }),
      '4XX': trouble,
      '5XX': trouble,
    },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): unknown[] {
  if (schema === undefined) return [];
  const json = schemaOf(schema, 'output') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(json.properties ?? {}).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: of,
  }));
}

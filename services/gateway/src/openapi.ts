import type { ApiRoute } from '@benchwire/shared/contracts/api/api.ts';
import { problem } from '@benchwire/shared/contracts/http.ts';
import { z } from 'zod';
import packageJson from '../package.json' with { type: 'json' };

/** The JSON schema of a form, as the document has it. */
export const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return json;
};

const DESCRIPTION = `Send \`Authorization: Bearer KEY\`; \`bw key create\` makes a key. Errors are \`application/problem+json\` with a code
and a path. Lists have pages: \`next_cursor\` of an answer is the \`cursor\` of the next question. What is live comes over the
WebSockets \`/api/ws\` (topics, resuming) and \`/api/benchmark/ws/{run_id}\` (progress of one run).`;

/** The OpenAPI 3.1 document of the routes, by what they are about. */
export function openApi(routes: readonly ApiRoute[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const operations = paths[path] ?? {};
    operations[route.method.toLowerCase()] = operation(route);
    paths[path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Benchwire', version: packageJson.version, description: DESCRIPTION },
    tags: [...new Set(routes.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key or a JWT' } },
    },
  };
}

function operation(route: ApiRoute): Record<string, unknown> {
  const { group, method, path, role, summary, params, query, body, answer } = route;
  const { status = 200, other_status, takes_bytes, content_type = 'application/json', other_content_type } = route;
  const content =
    status === 204
      ? {}
      : {
          content: {
            [content_type]: { schema: schemaOf(answer, 'output') },
            ...(other_content_type === undefined ? {} : { [other_content_type]: {} }),
          },
        };
  const trouble = {
    description: 'What is wrong',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return {
    operationId: `${method.toLowerCase()}_${path.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(1)}`,
    tags: [group],
    summary,
    description: role === null ? 'Needs no key.' : `Needs the role ${role}.`,
    security: role === null ? [] : [{ key: [] }],
    parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    ...(takes_bytes === true
      ? {
          requestBody: {
            required: true,
            content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
          },
        }
      : {}),
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
